import { expect, test } from "vitest";
import { writePrometheus } from "../../src/monitor/prometheus.ts";

test("metrics are lines, each with its help and its type", () => {
  const text = writePrometheus([
    {
      name: "a_total",
      type: "counter",
      help: "Things.",
      samples: [{ value: 1 }, { labels: { b: "c" }, value: 2.5 }],
    },
    { name: "d", type: "gauge", help: "A level.", samples: [] },
  ]);
  expect(text).toBe(
    '# HELP a_total Things.\n# TYPE a_total counter\na_total 1\na_total{b="c"} 2.5\n# HELP d A level.\n# TYPE d gauge\n',
  );
});

test("a label is escaped", () => {
  const samples = [{ labels: { path: '/a\\b"c\nd' }, value: 0 }];
  expect(writePrometheus([{ name: "e", type: "gauge", help: "", samples }])).toContain(
    String.raw`e{path="/a\\b\"c\nd"} 0`,
  );
});
