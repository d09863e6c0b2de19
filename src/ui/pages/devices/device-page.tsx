import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { deviceQuery } from "../../calls/devices.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";

const route = getRouteApi("/t/$tenant/devices/$device");

/** One device: each field with the source that won. */
export function DevicePage(): ReactNode {
  const { tenant, device } = route.useParams();
  const query = useQuery(deviceQuery(tenant, device));
  return (
    <>
      <PageHeader title={query.data?.hostname ?? query.data?.ip ?? device} about={query.data?.id} />
      <Panel title="Fields" padded={false}>
        <Loaded query={query}>
          {({ fields }) => (
            <Table
              caption="Fields"
              columns={[
                { id: "field", title: "Field", cell: ({ field }) => field },
                { id: "value", title: "Value", cell: ({ value }) => value },
                { id: "source", title: "Source", cell: ({ source }) => source ?? "–" },
              ]}
              rows={fields}
              rowKey={({ field }) => field}
            />
          )}
        </Loaded>
      </Panel>
    </>
  );
}
