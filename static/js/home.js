// The home page's pair of pictures: the slider says how much of the original is shown.

const pictures = document.querySelector(".sample-pictures");
const slider = pictures.querySelector("input");

function show() {
  pictures.style.setProperty("--split", `${slider.value}%`);
  slider.setAttribute("aria-valuetext", `${slider.value} ${slider.dataset.text}`);
}

slider.addEventListener("input", show);
show();
