/* The editor of a rule or a macro: shows what each action needs, adds and takes away actions. Without it, all fields are there. */
const deeds = document.getElementById("deeds");
const more = document.getElementById("more");
const trigger = document.getElementById("trigger");

function fit(deed) {
  const chosen = deed.querySelector("[data-do]").selectedOptions[0];
  const needs = chosen?.dataset.needs ?? "";
  for (const field of deed.querySelectorAll("[data-for]")) field.hidden = field.dataset.for !== needs;
}

function look() {
  const all = [...deeds.querySelectorAll("[data-deed]")];
  more.hidden = all.length >= Number(deeds.dataset.most);
  for (const deed of all) deed.querySelector("[data-drop]").hidden = all.length < 2;
}

deeds.addEventListener("change", (event) => {
  if (event.target.matches("[data-do]")) fit(event.target.closest("[data-deed]"));
});
deeds.addEventListener("click", (event) => {
  if (!event.target.closest("[data-drop]")) return;
  const deed = event.target.closest("[data-deed]");
  const beside = deed.previousElementSibling ?? deed.nextElementSibling;
  deed.remove();
  look();
  beside?.querySelector("[data-do]").focus();
});
more.addEventListener("click", () => {
  deeds.append(document.getElementById("deed").content.cloneNode(true));
  look();
  deeds.lastElementChild.querySelector("[data-do]").focus();
});
trigger?.addEventListener("change", () => {
  document.getElementById("how-long").hidden = !("timed" in trigger.selectedOptions[0].dataset);
});
look();
