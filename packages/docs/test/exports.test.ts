import { expect, test } from "vitest";
import { exportedNames } from "../../../test/exported-names.ts";

test("@symbolon/docs exports these names and no others", () => {
  expect(exportedNames(new URL("../src/index.ts", import.meta.url))).toEqual({
    values: ["asyncapi", "docsPage"],
    types: [
      "AsyncApiDocument",
      "AsyncApiOptions",
      "ConvertSchema",
      "DocsPageOptions",
      "JsonObject",
      "JsonValue",
      "SchemaDirection",
      "SecurityDeclaration",
    ],
  });
});
