/* Filters that fold out close again: on Escape, and when something else is clicked. Without this they still work. */
const open = () => document.querySelector("details.pick[open]");

document.addEventListener("click", (event) => {
  const pick = open();
  if (pick && !pick.contains(event.target)) pick.open = false;
});

document.addEventListener("keydown", (event) => {
  const pick = open();
  if (event.key !== "Escape" || !pick) return;
  pick.open = false;
  pick.querySelector("summary").focus();
});
