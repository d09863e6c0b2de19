import { Download } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

import { exportPath } from "../../calls/views.ts";
import { Button } from "../../parts/button.tsx";
import { Menu } from "../../parts/menu.tsx";

type ExportMenuProps = {
  readonly tenant: string;
  readonly q: string | undefined;
  readonly query: string | undefined;
};

const FORMATS = [
  ["csv", "CSV, for spreadsheets"],
  ["ndjson", "NDJSON, a device a line"],
  ["ocsf", "OCSF device inventory"],
] as const;

/** Gives all devices that pass as a file. A search for a name or a value is no query, so it cannot be exported as it stands. */
export function ExportMenu({ tenant, q, query }: ExportMenuProps): ReactNode {
  const refusal =
    q === undefined ? undefined : "Write the search as a query to export it: hostname:nyc%";
  const button = (
    <Button refusal={refusal} aria-label="Export">
      <Download size={15} aria-hidden />
      <span className="wide-word">Export</span>
    </Button>
  );
  if (refusal !== undefined) return button;
  return (
    <Menu trigger={button}>
      {FORMATS.map(([format, words]) => (
        <DropdownMenu.Item key={format} asChild className="menu-item">
          <a href={exportPath(tenant, format, query)} download>
            {words}
          </a>
        </DropdownMenu.Item>
      ))}
    </Menu>
  );
}
