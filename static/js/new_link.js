// A link that is shown once: copy it.

const button = document.getElementById("copy");
const address = document.getElementById("address");

address?.addEventListener("focus", () => address.select());
button?.addEventListener("click", async () => {
  address.select();
  try {
    await navigator.clipboard.writeText(address.value);
    document.getElementById("copied").textContent = button.dataset.copied;
  } catch {
    document.getElementById("copied").textContent = button.dataset.failed;
  }
});
