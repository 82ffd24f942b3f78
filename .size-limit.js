// What a user's bundle carries, minified and brotlied. Licence texts are not counted: Vite leaves them out as well.
const modifyEsbuildConfig = (config) => ({ ...config, legalComments: "none" });

export default [
  {
    name: "connect, with everything it needs",
    path: "packages/client/dist/index.js",
    import: "{ connect }",
    limit: "7 kB",
    modifyEsbuildConfig,
  },
  {
    name: "connect and the hooks for React, which may add 1 kB",
    import: { "packages/client/dist/index.js": "{ connect }", "packages/client/dist/react.js": "*" },
    ignore: ["react"],
    limit: "8 kB",
    modifyEsbuildConfig,
  },
  {
    name: "@symbolon/protocol",
    path: "packages/protocol/dist/index.js",
    limit: "4.7 kB",
    modifyEsbuildConfig,
  },
];
