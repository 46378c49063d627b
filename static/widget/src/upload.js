// Brings a file to the desk: looks at its size and type first, tells how far it is, and can be stopped.

/** Why a file cannot be sent, as a key of the texts; "" if it can. */
export const refusal = (file, limits) => {
  if (file.size > limits.file_bytes) return "file_too_big";
  if (!file.size) return "file_empty";
  const ending = /\.[^.]+$/.exec(file.name.toLowerCase())?.[0];
  return limits.types.includes(file.type) || limits.extensions.includes(ending) ? "" : "file_type";
};

/** Sends a file; `progress(done)` in bytes. Settles with the desk's answer, rejects with its sentence or "". */
export const upload = (url, file, visitor, progress) => {
  const call = new XMLHttpRequest(); // fetch cannot tell how much has gone
  const done = new Promise((yes, no) => {
    call.open("POST", url);
    call.responseType = "json";
    call.upload.onprogress = (event) => progress(Math.min(event.loaded, file.size));
    call.onload = () => (call.status === 201 ? yes(call.response) : no(call.response?.text || ""));
    call.onerror = () => no("");
    const form = new FormData();
    form.append("visitor", visitor);
    form.append("file", file);
    call.send(form);
  });
  return { done, stop: () => call.abort() };
};
