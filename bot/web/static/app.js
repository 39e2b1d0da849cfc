// What the page does better with a script; without one every link and form works by itself.
"use strict";

const panel = document.getElementById("panel");
let opener = null;

async function openSource(link) {
  const url = new URL(link.href);
  url.searchParams.set("part", "1");
  try {
    const response = await fetch(url, { credentials: "same-origin" });
    const made = new DOMParser().parseFromString(await response.text(), "text/html");
    panel.replaceChildren(closeButton(), ...made.body.childNodes);
  } catch {
    window.location.assign(link.href);
    return;
  }
  panel.hidden = false;
  document.body.classList.add("has-panel");
  panel.querySelector("h1")?.focus({ preventScroll: true });
  panel.scrollTop = 0;
  panel.querySelector("mark")?.scrollIntoView({ block: "center" });
}

function closeButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet close";
  button.textContent = "关闭原文";
  button.addEventListener("click", closePanel);
  return button;
}

function closePanel() {
  panel.hidden = true;
  panel.replaceChildren();
  document.body.classList.remove("has-panel");
  opener?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-source]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!link || !panel || !isPlain) return;
  event.preventDefault();
  if (!panel.contains(link)) opener = link;
  openSource(link);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel && !panel.hidden) closePanel();
});

const question = document.getElementById("question");
question?.addEventListener("keydown", (event) => {
  // The Enter that ends the input of Chinese characters is not meant for the form.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    question.form.requestSubmit();
  }
});

const STORED = "dangwu.questions";
function asked() {
  try { return JSON.parse(localStorage.getItem(STORED) || "[]"); } catch { return []; }
}
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => {
    const text = (event.submitter?.name === "question" ? event.submitter.value : question?.value || "").trim();
    if (text) {
      try {
        localStorage.setItem(STORED, JSON.stringify([text, ...asked().filter((each) => each !== text)].slice(0, 30)));
      } catch { /* a browser that keeps nothing */ }
    }
    const busy = document.querySelector(".busy");
    if (busy) busy.textContent = "正在查找……";
  });
}
const history_ = document.getElementById("history");
if (history_ && asked().length) {
  history_.hidden = false;
  const list = history_.querySelector("ul");
  for (const text of asked()) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.textContent = text;
    button.addEventListener("click", () => { question.value = text; question.focus(); });
    const item = document.createElement("li");
    item.append(button);
    list.append(item);
  }
  document.getElementById("clear-history").addEventListener("click", () => {
    localStorage.removeItem(STORED);
    history_.hidden = true;
  });
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    button.textContent = "已复制";
  });
}

const upload = document.querySelector("form[data-upload]");
if (upload) {
  const field = upload.querySelector("input[type=file]");
  const status = upload.querySelector("[role=status]");
  const bar = upload.querySelector("progress");
  upload.addEventListener("dragover", (event) => { event.preventDefault(); upload.classList.add("over"); });
  upload.addEventListener("dragleave", () => upload.classList.remove("over"));
  upload.addEventListener("drop", (event) => {
    event.preventDefault();
    upload.classList.remove("over");
    field.files = event.dataTransfer.files;
  });
  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", upload.action);
    request.upload.addEventListener("progress", (moved) => {
      bar.hidden = false;
      bar.max = moved.total;
      bar.value = moved.loaded;
      status.textContent = moved.loaded < moved.total ? "正在上传……" : "已传到，正在清洗……";
    });
    request.addEventListener("load", () => {
      if (request.responseURL && request.status < 400) window.location.assign(request.responseURL);
      else status.textContent = request.status === 413 ? "文件太大，没有收。" : "没有传上去，请再试一次。";
    });
    request.addEventListener("error", () => { status.textContent = "没有传上去，请再试一次。"; });
    request.send(new FormData(upload));
  });
}
