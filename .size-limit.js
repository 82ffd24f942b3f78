// What `vite build size` made of each entry, brotlied: what a user's page loads.
const weigh = (name, file, limit) => ({ name, path: `size/dist/${file}.js`, limit });

export default [
  weigh("connect, with everything it needs", "connect", "9.6 kB"),
  weigh("connect and the hooks for React, which may add 1.2 kB", "react", "10.8 kB"),
  weigh("@symbolon/protocol", "protocol", "12.25 kB"),
  {
    name: "the page of @symbolon/docs, gzipped",
    path: "packages/docs/page/dist/*",
    limit: "120 kB",
    gzip: true,
  },
];
