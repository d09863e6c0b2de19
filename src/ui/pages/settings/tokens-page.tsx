import { useParams } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";

import { changePeople, tokensQuery, type Token } from "../../calls/people.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { capital } from "../../parts/capital.ts";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { StatusBadge, type Tone } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { NewTokenDialog } from "./new-token-dialog.tsx";

const TONES: Readonly<Record<Token["state"], Tone>> = {
  valid: "good",
  expired: "warn",
  revoked: "idle",
};

/** What programs ask the API with: made, shown once, ended. */
export function TokensPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const [isMaking, setIsMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | undefined>(undefined);
  const refusal = useRefusal(tenant, "admin");
  const make = (
    <Button kind="primary" refusal={refusal} onClick={() => setIsMaking(true)}>
      <Plus size={15} aria-hidden />
      Make a token
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Tokens"
        about="What programs ask the API with, each in this tenant alone."
        acts={
          <>
            <a className="button" href="/docs">
              API
            </a>
            {make}
          </>
        }
      />
      <PagedList
        pageQuery={(wanted) => tokensQuery(tenant, wanted)}
        find="Name of a token"
        empty={
          <EmptyState icon={KeyRound} title="No tokens yet" acts={make}>
            A token has a role and may have an end. Its text is shown once.
          </EmptyState>
        }
      >
        {(tokens) => <Tokens tokens={tokens} refusal={refusal} onRevoke={setRevoking} />}
      </PagedList>
      <NewTokenDialog tenant={tenant} isOpen={isMaking} onClose={() => setIsMaking(false)} />
      <ConfirmDialog
        key={revoking?.token_no}
        title={`Revoke ${revoking?.name ?? ""}`}
        about="Programs that use it are refused at once. It cannot be taken back: make a new one then."
        act="Revoke"
        typed={revoking?.name ?? ""}
        isOpen={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        onConfirm={() =>
          changePeople({
            method: "POST",
            path: ["tenants", tenant, "tokens", String(revoking?.token_no), "revoke"],
          })
        }
      />
    </>
  );
}

type TokensProps = {
  readonly tokens: readonly Token[];
  readonly refusal: string | undefined;
  readonly onRevoke: (token: Token) => void;
};

function Tokens({ tokens, refusal, onRevoke }: TokensProps): ReactNode {
  const time = (at: string | undefined, otherwise: string): ReactNode =>
    at === undefined ? <span className="muted">{otherwise}</span> : <TimeAgo at={at} />;
  return (
    <Table
      caption="Tokens"
      columns={[
        {
          id: "name",
          title: "Name",
          cell: ({ name }: Token) => <span className="name">{name}</span>,
        },
        { id: "role", title: "Role", cell: ({ role }: Token) => role },
        {
          id: "state",
          title: "State",
          cell: ({ state }: Token) => (
            <StatusBadge tone={TONES[state]}>{capital(state)}</StatusBadge>
          ),
        },
        { id: "made", title: "Made", cell: ({ created_at: at }: Token) => <TimeAgo at={at} /> },
        {
          id: "ends",
          title: "Ends",
          cell: ({ expires_at: at }: Token) => time(at, "when revoked"),
        },
        {
          id: "used",
          title: "Last used",
          cell: ({ last_used_at: at }: Token) => time(at, "never"),
        },
        {
          id: "act",
          title: "Act",
          isNumber: true,
          cell: (token: Token) =>
            token.state === "valid" && (
              <Button kind="danger" refusal={refusal} onClick={() => onRevoke(token)}>
                Revoke
              </Button>
            ),
        },
      ]}
      rows={tokens}
      rowKey={({ token_no: no }) => String(no)}
    />
  );
}
