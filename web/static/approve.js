// Signs the run's statement with the approver's key, here in the browser, and sends
// the signature. The key itself is never sent.
import { fromPEM, keepKey, keptKeys, sign, base64, unbase64 } from "./signing.js";

const form = document.getElementById("approve");
const file = form.elements.keyfile;
const keep = form.elements.keep;
const button = form.querySelector("button");
const note = document.getElementById("approve-note");
const enrolled = form.dataset.keys.split(" ").filter(Boolean);
let kept;

if (window.crypto?.subtle && window.indexedDB) {
  document.querySelectorAll(".with-script").forEach((e) => { e.hidden = false; });
  document.querySelectorAll(".without-script").forEach((e) => { e.hidden = true; });
  form.elements.signature.required = false;
  keptKeys().then((all) => {
    kept = all.find((k) => enrolled.includes(k.public));
    document.getElementById("kept-key").hidden = !kept;
    document.getElementById("choose-key").hidden = !!kept;
    file.required = !kept;
  });

  form.addEventListener("submit", async (e) => {
    if (form.dataset.signed) return;
    e.preventDefault();
    button.disabled = true;
    try {
      const key = kept ?? (await fromPEM(await file.files[0].text()));
      if (!enrolled.includes(key.public)) throw new Error("khoá này chưa được đăng ký cho anh/chị");
      form.elements.signature.value = base64(await sign(key.key, unbase64(form.dataset.statement)));
      form.elements.public.value = key.public;
      if (!kept && keep.checked) await keepKey(key.key, unbase64(key.public));
      file.disabled = true; // the private key stays here
      form.dataset.signed = "yes";
      form.submit();
    } catch (err) {
      note.textContent = "Chưa ký được: " + err.message + ".";
      button.disabled = false;
    }
  });
}
