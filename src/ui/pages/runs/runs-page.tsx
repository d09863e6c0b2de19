import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { ask } from "../../calls/query-client.ts";
import type { RunsPage as Page } from "../../calls/runs.ts";
import { sourcesQuery } from "../../calls/sources.ts";
import { keyOf } from "../../calls/topics.ts";
import { Button } from "../../parts/button.tsx";
import { SelectField } from "../../parts/fields.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { RunTable } from "./run-table.tsx";

const route = getRouteApi("/t/$tenant/runs");
const PAGE = 50;
const OUTCOMES = ["running", "success", "partial", "failed", "timeout"];

/** All runs of all sources. */
export function RunsPage(): ReactNode {
  const { tenant } = route.useParams();
  const wanted = route.useSearch();
  const navigate = route.useNavigate();
  const { data: sources = [] } = useQuery(sourcesQuery(tenant));
  const query = useInfiniteQuery({
    queryKey: keyOf(tenant, "runs", "pages", wanted),
    queryFn: ({ pageParam, signal }) => {
      const path = pathOf(["tenants", tenant, "runs"], {
        ...wanted,
        limit: PAGE,
        after: pageParam,
      });
      return ask<Page>({ path, signal });
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });
  const choose = (chosen: Partial<typeof wanted>): void =>
    void navigate({ search: { ...wanted, ...chosen }, replace: true });
  return (
    <>
      <PageHeader
        title="Runs"
        about="Each time that an agent pulled a source, and what it brought."
      />
      <div className="toolbar">
        <Choice
          label="Source"
          value={wanted.source}
          options={sources.map(({ name }) => name)}
          onChange={(source) => choose({ source })}
        />
        <Choice
          label="Outcome"
          value={wanted.outcome}
          options={OUTCOMES}
          onChange={(outcome) => choose({ outcome })}
        />
      </div>
      <Panel padded={false}>
        <Loaded query={query} lines={8}>
          {({ pages }) => <RunTable tenant={tenant} runs={pages.flatMap(({ runs }) => runs)} />}
        </Loaded>
      </Panel>
      {query.hasNextPage && (
        <div className="row">
          <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            Show older runs
          </Button>
        </div>
      )}
    </>
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
