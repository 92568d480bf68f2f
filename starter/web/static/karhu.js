// What pages do beyond links and forms. Every page works without it.
"use strict";

// ── lists: tick all of a page, and say how many are ticked ──────────────────────────────────

function boxes() {
  return Array.from(document.querySelectorAll("input[name=pick]"));
}

function sayPicked() {
  const ticked = boxes().filter((box) => box.checked).length;
  document.querySelectorAll("[data-picked]").forEach((place) => {
    place.textContent = ticked ? String(ticked) + " ✓" : "";
  });
  document.querySelectorAll("[data-pick-all]").forEach((box) => {
    box.checked = ticked > 0 && ticked === boxes().length;
    box.indeterminate = ticked > 0 && !box.checked;
  });
}

function prepare(root) {
  root.querySelectorAll("[data-pick-all]").forEach((box) => { box.hidden = false; });
  root.querySelectorAll("[data-stream]").forEach(listen);
  const mistake = root.querySelector("[data-focus]");
  if (mistake) mistake.focus();
  sayPicked();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) {
    boxes().forEach((box) => { box.checked = event.target.checked; });
  }
  if (event.target.matches("[data-pick-all], input[name=pick]")) sayPicked();
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// ── menus: Escape and a click elsewhere close them ──────────────────────────────────────────

function closeMenus(but) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (menu !== but) menu.open = false;
  });
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const closing = event.target.closest("[data-close]");
  const dialog = closing && closing.closest("dialog");
  if (dialog) {
    event.preventDefault();
    dialog.close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// ── dialogs: a page of its own, shown over this one ─────────────────────────────────────────

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "dialog-body") return;
  const dialog = document.getElementById("dialog");
  const title = dialog.querySelector("h1");
  if (title) title.id = "dialog-title";
  closeMenus(null);
  if (!dialog.open) dialog.showModal();
});

document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));

// ── a form is sent once ─────────────────────────────────────────────────────────────────────

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
});

// ── files dropped on a form are those that it sends ─────────────────────────────────────────

["dragover", "drop"].forEach((name) => document.addEventListener(name, (event) => {
  const form = event.target.closest("[data-drop]");
  const field = form && form.querySelector("input[type=file]");
  if (!field || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  if (name === "drop") {
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  }
}));

// ── live progress ───────────────────────────────────────────────────────────────────────────

function listen(place) {
  if (place.dataset.listening) return;
  place.dataset.listening = "1";
  const source = new EventSource(place.dataset.stream);
  source.addEventListener("message", (event) => {
    if (!place.isConnected) {
      source.close();
      return;
    }
    place.innerHTML = event.data;
    htmx.process(place);
  });
  source.addEventListener("over", (event) => {
    source.close();
    if (event.data) location.assign(event.data);
    else if (place.dataset.over !== "stay") location.reload();
  });
  window.addEventListener("pagehide", () => source.close());
}
