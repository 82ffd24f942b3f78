import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const house = {
  resolve: { conditions: ["symbolon-source", ...defaultClientConditions] },
  ssr: { resolve: { conditions: ["symbolon-source", ...defaultServerConditions] } },
};

export default defineConfig({
  test: {
    retry: 0,
    projects: [
      { ...house, test: { name: "unit", include: ["packages/*/test/**/*.test.ts"], allowOnly: false } },
      { ...house, test: { name: "house", include: ["test/**/*.test.ts"], allowOnly: false } },
    ],
  },
});
