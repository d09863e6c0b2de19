import { Tabs as Primitive } from "radix-ui";
import type { ReactNode } from "react";

type TabsProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly tabs: readonly {
    readonly value: string;
    readonly label: string;
    readonly body: ReactNode;
  }[];
};

/** Parts of one thing, one shown at a time; which one belongs into the URL. */
export function Tabs({ label, value, onChange, tabs }: TabsProps): ReactNode {
  return (
    <Primitive.Root value={value} onValueChange={onChange}>
      <Primitive.List className="tabs-list" aria-label={label}>
        {tabs.map((tab) => (
          <Primitive.Trigger key={tab.value} value={tab.value} className="tab">
            {tab.label}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      {tabs.map((tab) => (
        <Primitive.Content key={tab.value} value={tab.value} className="tab-body">
          {tab.body}
        </Primitive.Content>
      ))}
    </Primitive.Root>
  );
}
