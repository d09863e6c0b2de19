import { plain, tableLines, type Column } from "./table.ts";

/** A step of a source's test, as the agent answers it. */
export interface Step {
  readonly step: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly message: string;
  readonly ms: number;
}

const MARKS = { passed: "PASS", failed: "FAIL", skipped: "skip" } as const;
const STEP_CHARS = 10;

/** "PASS  tls         TLSv1.3, netbox.example.com, issued by …" */
export function stepLine({ step, outcome, message }: Step): string {
  return `${MARKS[outcome]}  ${step.padEnd(STEP_CHARS)}  ${plain(message)}`;
}

type Device = {
  readonly hostname?: string;
  readonly ip?: string;
  readonly mac?: string;
  readonly metadata: Readonly<Record<string, string>>;
};

/** A preview, as the agent answers it. */
export interface PreviewResult {
  readonly devices: readonly Device[];
  readonly rejected: readonly { readonly nativeId: string; readonly reason: string }[];
  readonly total?: number;
}

const COLUMNS: readonly Column<Device>[] = [
  { title: "NAME", text: ({ hostname }) => hostname },
  { title: "IP", text: ({ ip }) => ip },
  { title: "MAC", text: ({ mac }) => mac },
  { title: "SERIAL", text: ({ metadata }) => metadata["serial"] },
  { title: "MODEL", text: ({ metadata }) => metadata["model"] },
];

/** The devices as a table, and what could not be read. */
export function previewLines({ devices, rejected, total }: PreviewResult): readonly string[] {
  const of = total === undefined ? "" : ` of ${total}`;
  return [
    ...(devices.length === 0 ? ["No devices."] : tableLines(COLUMNS, devices)),
    "",
    `${devices.length}${of} devices; nothing was stored.`,
    ...rejected.map(({ nativeId, reason }) => plain(`cannot be read: ${nativeId}: ${reason}`)),
  ];
}
