// ECDSA P-256 in the browser: keys from a PEM file, or kept in this browser where no
// script can read them out; signatures in ASN.1 DER, as Go and OpenSSL write them.
const algorithm = { name: "ECDSA", namedCurve: "P-256" };

function open() {
  return new Promise((done, fail) => {
    const r = indexedDB.open("ansinh-keys", 1);
    r.onupgradeneeded = () => r.result.createObjectStore("keys", { keyPath: "id", autoIncrement: true });
    r.onsuccess = () => done(r.result);
    r.onerror = () => fail(r.error);
  });
}

async function store(mode, work) {
  const db = await open();
  try {
    return await new Promise((done, fail) => {
      const t = db.transaction("keys", mode), r = work(t.objectStore("keys"));
      t.oncomplete = () => done(r.result);
      t.onerror = () => fail(t.error);
    });
  } finally {
    db.close();
  }
}

export const keepKey = (key, spki) => store("readwrite", (s) => s.add({ key, public: base64(spki) }));
export const keptKeys = () => store("readonly", (s) => s.getAll());

export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
export const unbase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

// A private key in PKCS#8 PEM: the key, not to be read out again, and its public half.
export async function fromPEM(text) {
  const inner = /-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/.exec(text);
  if (!inner) throw new Error("tệp không phải khoá riêng PKCS#8 (PRIVATE KEY)");
  const der = unbase64(inner[1].replace(/\s+/g, ""));
  const readable = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", readable);
  const half = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, algorithm, true, ["verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", half));
  const key = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  return { key, public: base64(spki) };
}

// An INTEGER of DER: no needless zeros, and never negative.
function integer(bytes) {
  let i = 0;
  while (i < bytes.length - 1 && bytes[i] === 0) i++;
  const body = [...bytes.slice(i)];
  if (body[0] & 0x80) body.unshift(0);
  return [0x02, body.length, ...body];
}

export function toDER(raw) {
  const body = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
  return new Uint8Array([0x30, body.length, ...body]); // at most 72 bytes, so one length byte
}

export async function sign(key, bytes) {
  return toDER(new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, bytes)));
}
