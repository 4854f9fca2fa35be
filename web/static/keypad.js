// The keypad: digits, 000, back and clear; shows the amount grouped and in words.
const form = document.getElementById("charge-form");
const field = form.elements.amount;
const words = document.getElementById("in-words");
const pad = document.getElementById("pad");
const most = 9999999999;

const digit = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

// Three digits in words; full also says the hundreds that are zero.
function triple(n, full) {
  const h = Math.floor(n / 100), t = Math.floor(n / 10) % 10, u = n % 10, out = [];
  if (h || full) out.push(digit[h], "trăm");
  if (t > 1) out.push(digit[t], "mươi");
  else if (t === 1) out.push("mười");
  else if (u && (h || full)) out.push("lẻ");
  if (u === 1 && t > 1) out.push("mốt");
  else if (u === 5 && t > 0) out.push("lăm");
  else if (u) out.push(digit[u]);
  return out.join(" ");
}

export function inWords(n) {
  if (n === 0) return "không đồng";
  const parts = [];
  let rest = n;
  for (const unit of ["", " nghìn", " triệu", " tỷ"]) {
    const three = unit === " tỷ" ? rest : rest % 1000;
    rest = unit === " tỷ" ? 0 : Math.floor(rest / 1000);
    if (three) parts.unshift(triple(three, rest > 0) + unit);
    if (!rest) break;
  }
  return parts.join(" ") + " đồng";
}

function value() { return Number(field.value.replace(/\D/g, "") || 0); }
function set(n) {
  if (n > most) return;
  field.value = n ? n.toLocaleString("vi-VN") : "";
  const said = n ? inWords(n) : "";
  words.textContent = said.charAt(0).toUpperCase() + said.slice(1);
}

pad.hidden = false;
pad.addEventListener("click", (e) => {
  const key = e.target.closest("button")?.dataset.key;
  if (!key) return;
  if (key === "clear") set(0);
  else if (key === "back") set(Math.floor(value() / 10));
  else set(Number(String(value()) + key));
});
field.addEventListener("input", () => set(value()));
if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none"; // the pad is the keyboard
set(value());
