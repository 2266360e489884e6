// The page works without this: it adds keys to the player, a timeline that follows it, and takes that play in place.
"use strict";

const movie = document.getElementById("movie");
const gently = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";

function seconds(element) {
  return Number(element.dataset.playsAt);
}

// Player

function rate() {
  const [over, under] = movie.closest(".player").dataset.frameRate.split("/").map(Number);
  return over / (under || 1);
}

function go(to) {
  movie.currentTime = Math.min(Math.max(to, 0), movie.duration || 0);
}

function scene(step) {
  const starts = [...document.querySelectorAll(".strip a[data-plays-at]")].map(seconds).sort((a, b) => a - b);
  const now = movie.currentTime;
  const before = starts.filter((start) => start < now - 0.5);
  const to = step < 0 ? before.at(-1) ?? 0 : starts.find((start) => start > now + 0.01);
  if (to !== undefined) go(to);
}

function captions() {
  for (const track of movie.textTracks) track.mode = track.mode === "showing" ? "hidden" : "showing";
}

function wholeScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (movie.requestFullscreen) movie.requestFullscreen();
}

const frame = (step) => {
  movie.pause();
  go(movie.currentTime + step / rate());
};

const keys = {
  " ": () => (movie.paused ? movie.play() : movie.pause()),
  k: () => (movie.paused ? movie.play() : movie.pause()),
  j: () => go(movie.currentTime - 5),
  l: () => go(movie.currentTime + 5),
  ",": () => frame(-1),
  ".": () => frame(1),
  "[": () => scene(-1),
  "]": () => scene(1),
  m: () => (movie.muted = !movie.muted),
  c: captions,
  f: wholeScreen,
};

// Keys act while nothing else has the focus, so that they never fight with a link, a button or a screen reader's words.
function pressed(event) {
  const at = document.activeElement;
  const mine = at === document.body || at === movie || at === document.getElementById("content");
  const act = keys[event.key.toLowerCase()];
  if (!act || !mine || event.ctrlKey || event.metaKey || event.altKey || (at === movie && event.key === " ")) return;
  event.preventDefault();
  act();
}

function follow() {
  const strip = document.querySelector(".strip");
  const blocks = [...document.querySelectorAll(".strip a[data-plays-at]")].sort((a, b) => seconds(a) - seconds(b));
  const now = blocks.findLast((block) => seconds(block) <= movie.currentTime + 0.001);
  const total = movie.duration || Number(strip.dataset.seconds);
  strip.querySelector(".playhead").setAttribute("x", `${(100 * movie.currentTime) / total}%`);
  document.querySelector(".scene.playing")?.classList.remove("playing");
  const id = now && new URL(now.href.baseVal, location.href).hash.slice(1);
  if (id && !movie.paused) document.getElementById(id)?.classList.add("playing");
}

function playFrom(event) {
  go(seconds(event.currentTarget));
  movie.scrollIntoView({ behavior: gently, block: "center" });
  movie.focus({ preventScroll: true });
  movie.play();
}

function preparePlayFrom(within) {
  for (const button of movie ? within.querySelectorAll(".from-here") : []) {
    button.hidden = false;
    button.addEventListener("click", playFrom);
  }
}

if (movie) {
  document.addEventListener("keydown", pressed);
  document.querySelector(".keys").hidden = false;
  if (document.querySelector(".strip")) movie.addEventListener("timeupdate", follow);
  preparePlayFrom(document);
  for (const block of document.querySelectorAll(".strip a[data-plays-at]")) {
    block.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(seconds(block));
      follow();
    });
  }
}

// Takes

function asVideo(picture) {
  const video = document.createElement("video");
  video.src = picture.dataset.clip;
  video.preload = "auto";
  video.poster = picture.querySelector("img").src;
  video.controls = true;
  video.loop = true;
  video.playsInline = true;
  video.setAttribute("aria-label", picture.getAttribute("aria-label").replace(/^Play /, ""));
  picture.replaceWith(video);
  return video;
}

function playOne(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  movie?.pause();
  const video = asVideo(event.currentTarget);
  video.focus();
  video.play();
}

function scrubber(videos) {
  const label = document.createElement("label");
  const slider = document.createElement("input");
  label.className = "scrub";
  label.append("All takes", slider);
  Object.assign(slider, { type: "range", min: 0, max: 1000, value: 0 });
  slider.addEventListener("input", () => {
    for (const video of videos) {
      video.pause();
      video.currentTime = (slider.value / 1000) * (video.duration || 0);
    }
  });
  videos[0].addEventListener("timeupdate", () => {
    if (!videos[0].paused) slider.value = (1000 * videos[0].currentTime) / videos[0].duration;
  });
  return label;
}

// Resolves when the picture at the current time is there, or never will be.
function ready(video) {
  if (video.error || (video.readyState >= 3 && !video.seeking)) return Promise.resolve();
  return new Promise((done) => ["canplay", "error"].forEach((name) => video.addEventListener(name, done, { once: true })));
}

async function playTogether(event) {
  const button = event.currentTarget;
  const takes = button.closest(".scene").querySelector(".takes");
  const playing = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!playing));
  for (const picture of takes.querySelectorAll("a.picture")) asVideo(picture);
  const videos = [...takes.querySelectorAll("video")];
  if (!takes.querySelector(".scrub")) takes.append(scrubber(videos));
  movie?.pause();
  for (const video of videos) {
    video.muted = true;
    video.pause();
  }
  if (playing) return;
  await Promise.all(videos.map(ready));
  for (const video of videos) video.currentTime = videos[0].currentTime;
  await Promise.all(videos.map(ready));
  for (const video of videos) video.play();
}

function prepareTakes(within) {
  for (const picture of within.querySelectorAll("a.picture[data-clip]")) picture.addEventListener("click", playOne);
  for (const button of within.querySelectorAll(".together")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", playTogether);
  }
}

// What is being made: asked for often while something moves, seldom otherwise, never while nobody looks.

const film = document.querySelector("[data-progress]");

function showStep(element, beat) {
  element.hidden = !beat;
  if (!beat) return;
  const picture = element.querySelector("img");
  picture.hidden = !beat.picture;
  if (beat.picture) picture.src = beat.picture;
  element.querySelector(".says span").textContent = beat.words;
  element.querySelector("progress").value = beat.share;
}

// A finished scene shows its new take at once, unless somebody is in the middle of watching or using it.
async function renewScene(id) {
  const old = document.getElementById(id);
  const inUse = old?.contains(document.activeElement) || old?.querySelector("video");
  const answer = old && !inUse && (await fetch(location.href));
  if (!answer?.ok) return;
  const renewed = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  if (!renewed) return;
  old.replaceWith(renewed);
  prepareTakes(renewed);
  preparePlayFrom(renewed);
}

async function renewSteps() {
  const answer = await fetch(film.dataset.progress);
  if (!answer.ok) return false;
  const beats = new Map((await answer.json()).steps.map((beat) => [beat.step, beat]));
  for (const element of document.querySelectorAll(".live")) {
    const step = element.dataset.step;
    const finished = !element.hidden && !beats.has(step);
    showStep(element, beats.get(step));
    if (finished) film.querySelector(".changed").hidden = false;
    if (finished && element.closest(".scene")) await renewScene(`scene-${step}`);
  }
  return beats.size > 0;
}

async function watchSteps() {
  let moving = false;
  try {
    if (!document.hidden) moving = await renewSteps();
  } catch {
    // The screening room is gone or cannot be reached: the page stays as it is and asks again.
  }
  setTimeout(watchSteps, moving ? 1000 : 4000);
}

prepareTakes(document);
if (film) setTimeout(watchSteps, 1000);
