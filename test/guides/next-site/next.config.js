/** @type {import("next").NextConfig} */
export default { distDir: "../../../node_modules/.cache/next-site" };
