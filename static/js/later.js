/* Answers that go later: choosing the time, and what is done about one that waits on the timeline. */
import { word } from "desk/words";
import { toast } from "desk/toast";
import { openId, post } from "desk/page";
import { isAnswering, submit } from "desk/composer";
import { restored } from "desk/undo";

function send(later) {
  document.getElementById("later-menu").hidePopover();
  document.getElementById("answer").focus();
  if (isAnswering()) submit(undefined, later);
}

async function decide(button) {
  button.disabled = true;
  try {
    const response = await post(`/console/e/${button.dataset.entry}/later/${button.dataset.later}`, {});
    if (response.headers.get("X-Restored")) await restored(response);
    else {
      const said = response.headers.get("X-Toast");
      if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(said) }));
    }
    document.dispatchEvent(new CustomEvent("desk:acted", { detail: { id: openId() } }));
  } catch (error) {
    button.disabled = false;
    toast(error.text || error.message || word("failed"), { danger: true });
  }
}

document.addEventListener("click", (event) => {
  const time = event.target.closest?.("[data-send-later]"), act = event.target.closest?.("button[data-later]");
  if (time) send({ later: time.dataset.sendLater });
  else if (act) decide(act);
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("[data-send-later-at]");
  if (!form) return;
  event.preventDefault();
  send({ laterAt: form.elements.at.value });
});
