import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { react18 } from "./test/react-18/alias.ts";
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
        resolve: { ...house.resolve, alias: react18 },
        test: {
          name: "react 18",
          include: ["packages/client/test/react/react.test.ts"],
          allowOnly: false,
          env: { REACT: "18" },
        },
      },
      {
        ...house,
        test: { name: "house", include: ["test/*.test.ts", "examples/*.test.ts"], allowOnly: false },
      },
      { ...house, test: { name: "sim", include: ["sim/test/*.test.ts"], allowOnly: false } },
      { ...house, test: { name: "seeds", include: ["test/seeds/*.test.ts"], allowOnly: false } },
    ],
  },
});
