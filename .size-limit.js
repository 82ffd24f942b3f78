// What `vite build size` made of each entry, brotlied: what a user's page loads.
const weigh = (name, file, limit) => ({ name, path: `size/dist/${file}.js`, limit });

export default [
  weigh("connect, with everything it needs", "connect", "9 kB"),
  weigh("connect and the hooks for React, which may add 1.15 kB", "react", "10.15 kB"),
  weigh("@symbolon/protocol", "protocol", "12.1 kB"),
];
