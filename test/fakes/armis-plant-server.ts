/** An Armis whose plant has troubles, for the demo: each read from the start is a day later than the one before. */
import { parseArgs } from "node:util";

import { startArmisFake, type ArmisFake, type ArmisFakeOptions } from "./armis-server.ts";
import { readRecordedFleet } from "./recorded-fleet.ts";
import { PLANT_DAYS, PLANT_LEAVING, plantMachines, type PlantOptions } from "./troubled-plant.ts";

/** Ids begin here, so that none is an id of another Armis. */
const FIRST_ID = 900_001;

/** Starts it. */
export async function startArmisPlant(
  options: PlantOptions & Pick<ArmisFakeOptions, "secretKey">,
): Promise<ArmisFake> {
  let day = 0;
  let machines = plantMachines(options, 1);
  const size = machines.length;
  const dawn = (fake: ArmisFake): void => {
    day = Math.min(day + 1, PLANT_DAYS);
    machines = plantMachines(options, day);
    if (day !== 2) return;
    for (let index = size - PLANT_LEAVING; index < size; index += 1) fake.inventory.remove(index);
  };
  const { secretKey } = options;
  return await startArmisFake({
    ...(secretKey === undefined ? {} : { secretKey }),
    firstId: FIRST_ID,
    fleet: {
      size,
      device: (index) => {
        const machine = machines[index];
        if (machine === undefined) throw new RangeError(`no machine ${index} in the plant`);
        return machine;
      },
    },
    onSearch: ({ params }, fake) => {
      if ((params.get("from") ?? "0") === "0") dawn(fake);
    },
  });
}

/** As a program: `armis-plant-server.ts --recorded FOLDER --tags N --secret-key KEY`; prints its address. */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { recorded: text, tags: text, "secret-key": text } });
  const fake = await startArmisPlant({
    known: readRecordedFleet(values.recorded ?? "test/recorded/netbox-4.6.8"),
    tags: Number(values.tags ?? 0),
    ...(values["secret-key"] === undefined ? {} : { secretKey: values["secret-key"] }),
  });
  process.stdout.write(`${JSON.stringify({ url: fake.url })}\n`);
}

if (import.meta.main) await main();
