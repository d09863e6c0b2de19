import { joinPage } from "./netbox-join.ts";
import type { Machine, NetboxKind } from "./netbox-kind.ts";
import type { NetboxSession } from "./netbox-list.ts";
import { rowId } from "./netbox-rows.ts";
import type { SourcePage, SourceRejection } from "./source.ts";

/** Maps one page together with what hangs on its machines; a row that cannot be read costs only itself. */
export async function mapPage(
  session: NetboxSession,
  kind: NetboxKind,
  rows: readonly unknown[],
): Promise<SourcePage> {
  const machines: Machine[] = [];
  const rejected: SourceRejection[] = [];
  for (const row of rows) {
    const machine = kind.parse(row);
    if (machine.ok) machines.push(machine.value);
    else rejected.push({ nativeId: kind.nativeId(rowId(row)), reason: machine.error });
  }
  const attached = await joinPage(session, kind, machines);
  const byMachine = attached.byMachine();
  const devices = machines.map((one) => one.mapped(byMachine.get(one.id) ?? { macs: [], ips: [] }));
  return { devices, rejected: [...rejected, ...attached.rejected] };
}
