import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { deviceTypeOf } from "../../src/dire/ocsf.ts";

/** Words of Armis' types and categories, of NetBox' role slugs, and of people. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  Server: ["Servers", "web-server", "hypervisor", "Storage", "NAS"],
  Desktop: ["Personal Computers", "workstation", "thin-client", "PC"],
  Laptop: ["Laptops", "Notebook"],
  Tablet: ["Tablets", "iPad"],
  Mobile: ["Mobile Phones", "Smartphone", "iPhone", "Handhelds"],
  Virtual: ["Virtual Machines", "vm"],
  IOT: [
    "IP Cameras",
    "Printers",
    "IP Phones",
    "VoIP",
    "PLC",
    "pdu",
    "Infusion Pumps",
    "Smart TV",
    "Building Automation",
  ],
  Firewall: ["Firewalls", "NGFW", "edge-firewall"],
  Switch: ["Switches", "access_switch", "leaf", "tor"],
  Hub: ["Hub"],
  Router: ["Routers", "wan-router", "Gateway"],
  IDS: ["IDS"],
  IPS: ["Intrusion Prevention"],
  "Load Balancer": ["load-balancer", "Loadbalancers"],
  "Access Point": ["Access Points", "AP", "Access Point Interface"],
};

test("the words of sources mean the types of OCSF", () => {
  for (const [name, words] of Object.entries(WORDS)) {
    for (const word of words) assert.equal(deviceTypeOf(word)?.name, name, word);
  }
});

test("a word that no list knows means none", () => {
  for (const word of ["", "Widgets", "Network Equipment", "apartment", "shipping", "smartphony"]) {
    assert.equal(deviceTypeOf(word), undefined, word);
  }
});

test("a word means the same however often it is asked, in upper and lower case", () => {
  const word = fc.constantFrom(...Object.values(WORDS).flat());
  fc.assert(
    fc.property(word, (text) => {
      assert.deepEqual(deviceTypeOf(text.toUpperCase()), deviceTypeOf(text));
      assert.deepEqual(deviceTypeOf(text), deviceTypeOf(text));
    }),
  );
});
