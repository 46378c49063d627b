/* A macro: looked at before it runs, run in one go, its text for the field and its way back for the news. */
import { part, post } from "desk/page";

const dialog = document.getElementById("macro-dialog");

/** Shows what a macro does and, where that is wanted, runs it. Gives its text and what follows it; null where it was not run. */
export async function macro(item, id) {
  dialog.innerHTML = await (await part(`/console/c/${id}/macro/${item.id}`)).text();
  dialog.returnValue = "";
  dialog.showModal();
  dialog.querySelector("button[value=run]").focus();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "run") return null;
  const response = await post(`/console/c/${id}/macro/${item.id}`, {});
  const said = response.headers.get("X-Toast"), made = await response.json();
  if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(said) }));
  document.dispatchEvent(new CustomEvent("desk:acted", { detail: { id } }));
  if (made.text) document.dispatchEvent(new CustomEvent("desk:preset", { detail: { id, ...made } }));
  return made;
}
