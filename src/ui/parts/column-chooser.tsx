import { Columns3 } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button.tsx";
import type { Column } from "./column.ts";
import { Menu, MenuCheck, MenuItem, MenuLine } from "./menu.tsx";

type ColumnChooserProps<Row> = {
  readonly columns: readonly Column<Row>[];
  readonly shown: readonly Column<Row>[];
  /** The ids chosen; undefined goes back to the default ones. */
  readonly onChoose: (ids: readonly string[] | undefined) => void;
};

/** Chooses which columns are shown; the last one stays. */
export function ColumnChooser<Row>({
  columns,
  shown,
  onChoose,
}: ColumnChooserProps<Row>): ReactNode {
  const ids = shown.map(({ id }) => id);
  const choose = (id: string, isShown: boolean): void => {
    const wanted = new Set(isShown ? [...ids, id] : ids.filter((one) => one !== id));
    if (wanted.size > 0) onChoose(columns.map((one) => one.id).filter((one) => wanted.has(one)));
  };
  return (
    <Menu
      trigger={
        <Button aria-label="Columns">
          <Columns3 size={15} aria-hidden />
          <span className="wide-word">Columns</span>
        </Button>
      }
    >
      {columns.map(({ id, title }) => (
        <MenuCheck key={id} isChecked={ids.includes(id)} onChange={(is) => choose(id, is)}>
          {title}
        </MenuCheck>
      ))}
      <MenuLine />
      <MenuItem onSelect={() => onChoose(undefined)}>As delivered</MenuItem>
    </Menu>
  );
}
