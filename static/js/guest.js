// A share link's page: compare each photo, approve, reject, comment. Nothing is kept in the browser.

const page = document.getElementById("share");
const texts = page.dataset;
const dialog = document.getElementById("who");

class Refusal extends Error {
  constructor(problem) { super(problem.detail || texts.failed); this.code = problem.code; }
}

async function send(url, fields) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
      body: new URLSearchParams(fields),
    });
  } catch { throw new Refusal({}); }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(body);
  return body;
}

function askName() {
  return new Promise((resolve) => {
    const form = dialog.querySelector("form");
    const error = form.querySelector(".error");
    error.textContent = "";
    form.onsubmit = async (event) => {
      if (event.submitter?.value === "cancel") return;
      event.preventDefault();
      try {
        const said = await send(texts.name, { name: form.elements.name.value });
        document.getElementById("guest-name").textContent = said.name;
        document.getElementById("guest").hidden = false;
        dialog.close("named");
      } catch (refusal) { error.textContent = refusal.message; }
    };
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "named"), { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
}

async function say(card, fields) {
  const status = card.querySelector("[role=status]");
  status.textContent = texts.saving;
  try {
    let said;
    try { said = await send(card.dataset.feedback, fields); } catch (refusal) {
      if (refusal.code !== "name_missing") throw refusal;
      status.textContent = "";
      if (!await askName()) return;
      said = await send(card.dataset.feedback, fields);
    }
    show(card, said);
    status.textContent = texts.saved;
  } catch (refusal) {
    status.textContent = refusal.message;
    if (refusal.code === "link_ended") document.getElementById("ended").hidden = false;
  }
}

function show(card, said) {
  card.dataset.verdict = said.verdict;
  for (const button of card.querySelectorAll("[data-says]")) {
    button.setAttribute("aria-pressed", String(button.dataset.says === said.verdict));
  }
  document.getElementById("decided").textContent = said.decided;
  const zip = document.getElementById("approved-zip");
  if (!zip) return;
  zip.hidden = !said.approved;
  zip.querySelector("span").textContent = said.approved;
}

for (const card of document.querySelectorAll(".proof")) {
  const range = card.querySelector("input[type=range]");
  if (range) {
    const slide = () => {
      card.style.setProperty("--split", `${range.value}%`);
      range.setAttribute("aria-valuetext", `${range.value} ${texts.percent}`);
    };
    range.addEventListener("input", slide);
    slide();
  }
  for (const button of card.querySelectorAll("[data-says]")) {
    button.addEventListener("click", () => {
      const taken = button.getAttribute("aria-pressed") === "true";
      say(card, { verdict: taken ? "open" : button.dataset.says });
    });
  }
  card.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    say(card, { comment: card.querySelector("textarea").value });
  });
  const larger = card.querySelector(".larger");
  larger.addEventListener("click", () => {
    const large = card.classList.toggle("large");
    larger.setAttribute("aria-pressed", String(large));
    card.scrollIntoView({ block: "nearest" });
  });
}
document.getElementById("change-name")?.addEventListener("click", askName);
