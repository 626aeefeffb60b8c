import { elementScroll, observeElementOffset, observeElementRect, type VirtualItem, Virtualizer } from '@tanstack/virtual-core';
import { type ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

const ROW_HEIGHT_PX = 36;
const OVERSCAN_ROWS = 12;
/** Fewer are rendered as they are: the browser can search in them, and print them. */
const VIRTUAL_FROM_ROWS = 150;

export interface Column<Row> {
  readonly name: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Of numbers. */
  readonly isNumber?: boolean;
  /** Left out on narrow screens. */
  readonly isWideOnly?: boolean;
  /** On narrow screens a second line in the cell of the column before it. Not of a long list, whose rows are one line high. */
  readonly isNarrowBelow?: boolean;
  /** Of the cell, in CSS: `12ch`. Not set: what is left. */
  readonly width?: string;
}

interface TableProps<Row> {
  /** What the table lists: read out, not shown. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly isSelected?: (row: Row) => boolean;
  /** Of the part that scrolls, in CSS; of long lists only. */
  readonly maxHeight?: string;
}

/** A list in columns. Of a long one only the rows in view exist. The way into a row is a link in one of its cells. */
export function Table<Row>(props: TableProps<Row>) {
  return props.rows.length < VIRTUAL_FROM_ROWS ? <PlainTable {...props} /> : <VirtualTable {...props} />;
}

function PlainTable<Row>({ label, columns, rows, keyOf, isSelected }: TableProps<Row>) {
  return (
    <div class="table-frame" role="group" aria-label={label} tabIndex={0}>
      <table class="table" aria-label={label}>
        <Head columns={columns} />
        <tbody>
          {rows.map((row) => (
            <Row key={keyOf(row)} row={row} columns={columns} isSelected={isSelected?.(row) === true} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function VirtualTable<Row>({ label, columns, rows, keyOf, isSelected, maxHeight = '70vh' }: TableProps<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const { items, totalPx } = useVirtualRows(frame, rows.length);
  const before = items[0]?.start ?? 0;
  const after = totalPx - (items.at(-1)?.end ?? 0);
  return (
    <div ref={frame} class="table-frame table-virtual" style={{ maxHeight }} role="group" aria-label={label} tabIndex={0}>
      <table class="table" aria-label={label} aria-rowcount={rows.length + 1}>
        <Head columns={columns} />
        <tbody>
          <Spacer px={before} columns={columns.length} />
          {items.map(({ index }) => {
            const row = rows[index];
            return (
              row !== undefined && (
                <Row key={keyOf(row)} row={row} columns={columns} isSelected={isSelected?.(row) === true} index={index} />
              )
            );
          })}
          <Spacer px={after} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function useVirtualRows(frame: { readonly current: HTMLDivElement | null }, count: number) {
  const [, setVersion] = useState(0);
  const [virtualizer] = useState(
    () => new Virtualizer<HTMLDivElement, HTMLTableRowElement>(optionsOf(frame, count, () => undefined)),
  );
  virtualizer.setOptions(optionsOf(frame, count, () => setVersion((version) => version + 1)));
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  const items: readonly VirtualItem[] = virtualizer.getVirtualItems();
  return { items, totalPx: virtualizer.getTotalSize() };
}

function optionsOf(frame: { readonly current: HTMLDivElement | null }, count: number, onChange: () => void) {
  return {
    count,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange,
  };
}

/** Stands in for the rows that are not rendered. */
function Spacer({ px, columns }: { readonly px: number; readonly columns: number }) {
  return px > 0 ? (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: `${px}px`, padding: 0, border: 0 }} />
    </tr>
  ) : null;
}

function Head<Row>({ columns }: { readonly columns: readonly Column<Row>[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th
            key={column.name}
            scope="col"
            class={classOf(column)}
            style={column.width === undefined ? {} : { width: column.width }}
          >
            {column.title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface RowProps<Row> {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly isSelected: boolean;
  /** Of a virtual table. */
  readonly index?: number;
}

function Row<Row>({ row, columns, isSelected, index }: RowProps<Row>) {
  return (
    <tr class={isSelected ? 'is-selected' : undefined} {...(index === undefined ? {} : { 'aria-rowindex': index + 2 })}>
      {columns.map((column, place) => (
        <td key={column.name} class={classOf(column)}>
          {column.cell(row)}
          {columns[place + 1]?.isNarrowBelow === true && <div class="narrow-only">{columns[place + 1]?.cell(row)}</div>}
        </td>
      ))}
    </tr>
  );
}

function classOf<Row>({ isNumber, isWideOnly, isNarrowBelow }: Column<Row>): string | undefined {
  const isLeftOut = isWideOnly === true || isNarrowBelow === true;
  const classes = [isNumber === true ? 'is-number' : [], isLeftOut ? 'is-wide-only' : []].flat();
  return classes.length === 0 ? undefined : classes.join(' ');
}
