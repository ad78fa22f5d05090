// The page: pictures from a file, a drop, the clipboard or the camera go to the model, and what it finds is shown.

import { model } from "./model.js";
import { decoded, drawn } from "./pictures.js";
import { clearResults, showPicture, showResults, showState, showTrouble } from "./showing.js";

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 } };
const REFUSED = {
  NotAllowedError: "The camera was refused. Allow it for this page in the browser's settings, or choose a picture.",
  NotFoundError: "There is no camera here. Choose a picture.",
  NotReadableError: "The camera is in use by another program. End that, or choose a picture.",
  OverconstrainedError: "No camera here does what was asked for. Choose a picture.",
};
const by = (id) => document.getElementById(id);

let opened = null;
let stream = null;
let facing = "environment";
let given = 0; // pictures so far: what an earlier one comes to is not shown with a later one

async function start() {
  try {
    opened = await model();
  } catch (error) {
    showState("cannot start", "trouble");
    showTrouble(`The model cannot be opened here: ${sentence(error)}`);
    return;
  }
  document.title = opened.said.title;
  by("title").textContent = opened.said.title;
  by("subtitle").textContent = opened.said.subtitle;
  by("file").disabled = by("camera").disabled = false;
  showState("ready", "well");
}

/** Look at one picture that somebody gave. */
async function see(blob) {
  if (!opened || !blob) return;
  const mine = ++given;
  stopCamera();
  showTrouble("");
  let picture;
  try {
    picture = await decoded(blob);
  } catch {
    showTrouble("That file is no picture that this browser reads. JPEG, PNG, WebP, GIF and BMP are.");
    return;
  }
  if (mine !== given || stream) return;
  showPicture(picture, picture.width, picture.height);
  clearResults("Looking");
  showState("looking", "busy");
  await painted();
  await look(picture, () => mine === given && !stream);
  if (!stream) showState("ready", "well");
}

async function look(picture, isCurrent) {
  try {
    const found = await opened.look(picture);
    if (isCurrent()) showResults(found, picture);
  } catch (error) {
    clearResults("No result");
    showTrouble(`The model did not run: ${sentence(error)}`);
    stopCamera();
  }
}

async function startCamera() {
  showTrouble("");
  if (!navigator.mediaDevices?.getUserMedia) {
    showTrouble("Browsers give the camera only to pages from this machine (localhost) or over https.");
    return;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { ...CAMERA, facingMode: facing }, audio: false });
  } catch (error) {
    showTrouble(REFUSED[error.name] ?? `The camera cannot be used: ${sentence(error)}`);
    return;
  }
  by("camera").setAttribute("aria-pressed", "true");
  by("camera").textContent = "Stop the camera";
  by("turn").hidden = false;
  by("results").ariaLive = "off"; // nobody can listen to all of them
  showState("live", "live");
  await follow(stream);
}

/** One picture after the other, as fast as the model is, until the camera stops. */
async function follow(own) {
  const video = document.createElement("video");
  video.srcObject = own;
  video.muted = video.playsInline = true;
  own.getVideoTracks()[0].addEventListener("ended", () => own === stream && stopCamera());
  await video.play();
  while (stream === own) {
    if (video.videoWidth) {
      const picture = drawn(video, video.videoWidth, video.videoHeight);
      showPicture(picture, picture.width, picture.height);
      await look(picture, () => stream === own);
    }
    await painted();
  }
}

function stopCamera() {
  if (!stream) return;
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  by("camera").setAttribute("aria-pressed", "false");
  by("camera").textContent = "Use the camera";
  by("turn").hidden = true;
  by("results").ariaLive = "polite";
  showState("ready", "well");
}

function painted() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

function sentence(error) {
  const text = String(error?.message ?? error).trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function pictureOf(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? transfer?.files?.[0];
}

by("file").addEventListener("change", async () => {
  const [file] = by("file").files;
  await see(file);
  by("file").value = "";
});
by("camera").addEventListener("click", () => (stream ? stopCamera() : startCamera()));
by("turn").addEventListener("click", () => {
  facing = facing === "environment" ? "user" : "environment";
  stopCamera();
  startCamera();
});
addEventListener("paste", (event) => see(pictureOf(event.clipboardData)));
addEventListener("dragover", (event) => {
  event.preventDefault();
  by("stage").classList.add("over");
});
addEventListener("dragleave", (event) => event.relatedTarget ?? by("stage").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  by("stage").classList.remove("over");
  see(pictureOf(event.dataTransfer));
});

start();
