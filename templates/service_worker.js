// Keeps the page that is shown offline, and what it needs, in the version of this server; all else
// always comes from the network. Photos, the API and people's pages are never kept.

const CACHE = "offline-{{ version }}-{{ language }}";
const OFFLINE = "{{ offline }}";
// One copy of each is kept, whatever the answer says that it varies on.
const AS_KEPT = { ignoreVary: true };
const KEPT = [OFFLINE{% for url in kept %}, "{{ url }}"{% endfor %}];

self.addEventListener("install", (event) => {
  const requests = KEPT.map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const forgetOthers = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(forgetOthers());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE, AS_KEPT)));
  } else if (KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(request, AS_KEPT)));
  }
});
