import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { SeedsReporter } from "./test/seeds/reporter.ts";

const house = {
  resolve: { conditions: ["symbolon-source", ...defaultClientConditions] },
  ssr: { resolve: { conditions: ["symbolon-source", ...defaultServerConditions] } },
};

export default defineConfig({
  test: {
    retry: 0,
    reporters: ["default", new SeedsReporter()],
    projects: [
      { ...house, test: { name: "unit", include: ["packages/*/test/**/*.test.ts"], allowOnly: false } },
      {
        ...house,
        test: { name: "house", include: ["test/*.test.ts", "examples/*.test.ts"], allowOnly: false },
      },
      { ...house, test: { name: "seeds", include: ["test/seeds/*.test.ts"], allowOnly: false } },
    ],
  },
});
