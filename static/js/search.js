/* The search page by keyboard: arrows walk the hits, Escape goes back to the box, a filter's chip is written into it. */
const box = document.getElementById("q");
const hits = () => [...document.querySelectorAll("#found [data-hit]")];

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = hits(), at = all.indexOf(document.activeElement);
  if (event.target !== box && at < 0) return;
  if (event.key === "ArrowDown") (all[at + 1] ?? all[at])?.focus();
  else if (event.key === "ArrowUp" && at >= 0) (all[at - 1] ?? box).focus();
  else if (event.key === "Escape" && at >= 0) box.focus();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const offer = event.target.closest?.("[data-adds]");
  if (!offer) return;
  offer.closest("[popover]")?.hidePopover();
  const text = box.value.trim();
  box.value = `${text ? `${text} ` : ""}${offer.dataset.adds}`;
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  htmx.trigger(box, "input");
});
