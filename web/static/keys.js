// Makes a signing key inside the browser: the private half cannot be read out, by
// this page or any other; only the public half is sent.
import { keepKey } from "./signing.js";

const form = document.getElementById("new-key");
const make = document.getElementById("make-key");
const note = document.getElementById("key-note");

if (window.crypto?.subtle && window.indexedDB) {
  make.hidden = false;
  make.querySelector("button").addEventListener("click", async () => {
    try {
      const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
      const der = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
      await keepKey(pair.privateKey, der);
      form.elements.public.value = btoa(String.fromCharCode(...der));
      form.submit();
    } catch (e) {
      note.textContent = "Trình duyệt không tạo được khoá: " + e.message;
    }
  });
}
