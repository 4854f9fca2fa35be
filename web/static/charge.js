// Keeps the vendor's page true: hears each change from the server, asks again when
// the stream breaks, and says "not known" as soon as it cannot hear.
const panel = document.getElementById("verdict");
const base = location.pathname;
const unknown = { state: "unknown", tone: "unknown", vi: "CHƯA BIẾT", en: "Not known", km: "មិនដឹង", line: "Mất mạng. Đừng giao hàng cho đến khi màn hình này báo đã nhận." };

let last = panel.dataset.state;
let heard = Date.now();

function show(s) {
  heard = s.state === "unknown" ? heard : Date.now();
  panel.className = "verdict " + (s.tone || "plain");
  panel.dataset.state = s.state;
  for (const part of ["vi", "en", "km", "line"]) panel.querySelector("." + part).textContent = s[part] || "";
  document.querySelectorAll(".while-open").forEach((e) => { e.hidden = !(s.state === "waiting" || s.state === "short"); });
  document.querySelectorAll(".when-done").forEach((e) => { e.hidden = s.state === "waiting"; });
  if (s.state !== last && s.state !== "unknown") sound(s.state);
  if (s.state !== "unknown") last = s.state;
}

// Different notes for enough and for too little; the picture and words say the same.
const notes = { paid: [660, 880, 1320], over: [880, 660, 880], short: [220, 160, 220, 160], late: [330, 220] };
let audio;
document.addEventListener("pointerdown", () => { audio ??= window.AudioContext ? new AudioContext() : null; }, { once: true });
function sound(state) {
  navigator.vibrate?.(state === "paid" ? 200 : [400, 150, 400]);
  if (!audio || !notes[state]) return;
  notes[state].forEach((f, i) => {
    const o = audio.createOscillator(), g = audio.createGain(), at = audio.currentTime + i * 0.22;
    o.frequency.value = f;
    g.gain.setValueAtTime(0.25, at);
    g.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
    o.connect(g).connect(audio.destination);
    o.start(at);
    o.stop(at + 0.21);
  });
}

let source, polling;

function listen() {
  if (!window.EventSource) return poll();
  source = new EventSource(base + "/events");
  source.onmessage = (e) => { stopPolling(); show(JSON.parse(e.data)); };
  source.addEventListener("beat", () => { heard = Date.now(); if (panel.dataset.state === "unknown") ask(); });
  source.onerror = () => { show(unknown); poll(); };
}

async function ask() {
  try {
    const answer = await fetch(base + "/state", { headers: { Accept: "application/json" }, redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.json());
  } catch {
    show(unknown);
  }
}

function poll() {
  polling ??= setInterval(() => {
    ask();
    if (source?.readyState === 2) { source.close(); listen(); }
  }, 3000);
}
function stopPolling() { clearInterval(polling); polling = undefined; }

addEventListener("offline", () => show(unknown));
addEventListener("online", ask);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
// A stream can die without a word: two heartbeats missed is silence.
setInterval(() => { if (Date.now() - heard > 35000) { show(unknown); poll(); } }, 5000);
listen();
