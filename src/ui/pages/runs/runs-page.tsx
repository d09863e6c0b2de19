import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";

import { queryClient } from "../../calls/query-client.ts";
import { runsPageQuery } from "../../calls/runs.ts";
import { sourcesPageQuery, type Source } from "../../calls/sources.ts";
import { SelectField } from "../../parts/fields.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { PickField } from "../../parts/pick-field.tsx";
import { RunTable } from "./run-table.tsx";

const route = getRouteApi("/t/$tenant/runs");
/** Sources offered while somebody types. */
const OFFERED = 20;
const OUTCOMES = ["running", "success", "partial", "failed", "timeout"];

/** All runs of all sources. */
export function RunsPage(): ReactNode {
  const { tenant } = route.useParams();
  const wanted = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: Partial<typeof wanted>): void =>
    void navigate({ search: { ...wanted, ...chosen }, replace: true });
  return (
    <>
      <PageHeader
        title="Runs"
        about="Each time that an agent pulled a source: a poll reads what changed, a discovery everything."
      />
      <div className="toolbar">
        <SourceChoice
          tenant={tenant}
          source={wanted.source}
          onChoose={(source) => choose({ source })}
        />
        <Choice
          label="Outcome"
          value={wanted.outcome}
          options={OUTCOMES}
          onChange={(outcome) => choose({ outcome })}
        />
      </div>
      <PagedList
        key={`${wanted.source ?? ""} ${wanted.outcome ?? ""}`}
        pageQuery={(page) => runsPageQuery(tenant, { ...wanted, after: page.after })}
        empty={<RunTable tenant={tenant} runs={[]} />}
      >
        {(runs) => <RunTable tenant={tenant} runs={runs} />}
      </PagedList>
    </>
  );
}

type SourceChoiceProps = {
  readonly tenant: string;
  readonly source: string | undefined;
  readonly onChoose: (source: string | undefined) => void;
};

/** Only runs of one source. What is typed counts once it is a source's whole name. */
function SourceChoice({ tenant, source, onChoose }: SourceChoiceProps): ReactNode {
  const [typed, setTyped] = useState(source ?? "");
  const offered = sourcesPageQuery(tenant, { q: typed }, { limit: OFFERED });
  const { data } = useQuery(sourcesPageQuery(tenant, {}, { name: typed.trim() }));
  const isKnown = typed.trim() !== "" && data?.rows[0]?.name === typed.trim();
  const chosen = isKnown ? typed.trim() : typed.trim() === "" ? undefined : source;
  useEffect(() => {
    if (chosen !== source) onChoose(chosen);
  });
  return (
    <PickField<Source>
      label="Source"
      placeholder="All sources"
      value={typed}
      onChange={setTyped}
      likeQuery={() => ({
        queryKey: [...offered.queryKey, "names"],
        queryFn: async () => (await queryClient.fetchQuery(offered)).rows,
        select: (rows) =>
          rows.map(({ name, type }) => ({ value: name, about: `${name}, ${type}` })),
      })}
    />
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly string[];
  readonly onChange: (value: string | undefined) => void;
};

function Choice({ label, value = "", options, onChange }: ChoiceProps): ReactNode {
  return (
    <SelectField
      label={label}
      value={value}
      onChange={(chosen) => onChange(chosen === "" ? undefined : chosen)}
      options={[
        { value: "", label: "All" },
        ...options.map((option) => ({ value: option, label: option })),
      ]}
    />
  );
}
