import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { retentionQuery, setRetention, type Retention } from "../../calls/retention.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { settingWords } from "./setting-words.ts";

type Setting = Retention["settings"][number];

/** How long things are kept, and when what a source no longer lists goes. */
export function RetentionPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const query = useQuery(retentionQuery(tenant));
  const [changing, setChanging] = useState<Setting | undefined>(undefined);
  return (
    <>
      <PageHeader
        title="Retention"
        about="How long things are kept, and when what a source no longer lists is retired."
      />
      <Panel padded={false}>
        <Loaded query={query} lines={8}>
          {({ settings }) => (
            <SettingTable tenant={tenant} settings={settings} onChange={setChanging} />
          )}
        </Loaded>
      </Panel>
      {changing !== undefined && (
        <SettingDialog tenant={tenant} setting={changing} onClose={() => setChanging(undefined)} />
      )}
    </>
  );
}

type SettingTableProps = {
  readonly tenant: string;
  readonly settings: readonly Setting[];
  readonly onChange: (setting: Setting) => void;
};

function SettingTable({ tenant, settings, onChange }: SettingTableProps): ReactNode {
  const ofOperator = useRefusal(tenant, "operator");
  const ofAdmin = useRefusal(tenant, "admin");
  // How long the audit is kept is no operator's to say, whom it tells of.
  const refusal = (name: string): string | undefined =>
    name === "audit_days" ? ofAdmin : ofOperator;
  return (
    <Table
      caption="Retention settings"
      columns={[
        {
          id: "setting",
          title: "Setting",
          cell: ({ name, about }: Setting) => (
            <span className="cell-lines">
              <span>{about.charAt(0).toUpperCase() + about.slice(1)}</span>
              <code className="sub">{name}</code>
            </span>
          ),
        },
        {
          id: "value",
          title: "Value",
          isNumber: true,
          cell: ({ name, value, default: usual }: Setting) => {
            const words = settingWords(name, value);
            return value === usual ? words : <strong>{words}</strong>;
          },
        },
        {
          id: "default",
          title: "Default",
          isNumber: true,
          cell: ({ name, default: usual }: Setting) => (
            <span className="muted">{settingWords(name, usual)}</span>
          ),
        },
        {
          id: "act",
          title: "Act",
          isNumber: true,
          cell: (setting: Setting) => (
            <Button refusal={refusal(setting.name)} onClick={() => onChange(setting)}>
              Change<span className="visually-hidden"> {setting.name}</span>
            </Button>
          ),
        },
      ]}
      rows={settings}
      rowKey={({ name }) => name}
    />
  );
}

type SettingDialogProps = {
  readonly tenant: string;
  readonly setting: Setting;
  readonly onClose: () => void;
};

function SettingDialog({ tenant, setting, onClose }: SettingDialogProps): ReactNode {
  const { name, about, min, max, value } = setting;
  const [text, setText] = useState(String(value));
  const wanted = Number(text);
  const isGood = text.trim() !== "" && Number.isInteger(wanted) && wanted >= min && wanted <= max;
  return (
    <ConfirmDialog
      title={`Change ${name}`}
      about={`${about.charAt(0).toUpperCase()}${about.slice(1)}. It can be changed back; what was removed meanwhile does not return.`}
      act="Change"
      isChosen={isGood && wanted !== value}
      isOpen
      onClose={onClose}
      onConfirm={() => setRetention(tenant, { [name]: wanted })}
    >
      <TextField
        label="Value"
        inputMode="numeric"
        hint={`A whole number from ${numberWords(min)} to ${numberWords(max)}.`}
        wrong={
          isGood ? undefined : `Not a whole number from ${numberWords(min)} to ${numberWords(max)}.`
        }
        value={text}
        onChange={setText}
      />
    </ConfirmDialog>
  );
}
