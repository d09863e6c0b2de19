import assert from "node:assert/strict";
import { test } from "node:test";

import { deviceColumns } from "../../src/cli/core-device-text.ts";

type Device = Parameters<NonNullable<ReturnType<typeof deviceColumns>[number]["text"]>>[0];

const DEVICE: Device = {
  id: "sr:0d9a3b6e-5c1f-4e57-9b77-1f7a3f0f8d11",
  partition: "default",
  type_id: 0,
  is_provisional: false,
  source_types: ["netbox"],
  sources: ["netbox_dc1"],
  records: 1,
  first_seen: "2026-03-01T00:00:00Z",
  last_seen: "2026-03-01T00:00:00Z",
  tags: {},
  own_tags: [],
};

const model = (of: Pick<Device, "vendor_name" | "model">): string | undefined =>
  deviceColumns(0)
    .find(({ title }) => title === "MODEL")
    ?.text({ ...DEVICE, ...of });

test("a model names its vendor once", () => {
  assert.equal(model({ vendor_name: "Cisco", model: "C9300-48P" }), "Cisco C9300-48P");
  assert.equal(model({ vendor_name: "Cisco", model: "cisco C9300" }), "cisco C9300");
  assert.equal(model({ vendor_name: "HP", model: "HPE 5130" }), "HP HPE 5130");
  assert.equal(model({ vendor_name: "Cisco" }), "Cisco");
  assert.equal(model({ model: "C9300" }), "C9300");
  assert.equal(model({}), "");
});
