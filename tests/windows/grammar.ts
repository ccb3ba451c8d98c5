/** Parses the script templates with a grammar of PowerShell: they are well formed, though no PowerShell ever ran them here. */
import { join } from "node:path";
import { type Check, holds } from "./checks/check.ts";
import { packagesFolder } from "./packages.ts";
import { templateSamples, throughCommandLine } from "./template-samples.ts";

/** What is used of web-tree-sitter, which is installed outside the repository. */
interface SyntaxNode {
  readonly hasError: boolean;
  readonly isError: boolean;
  readonly isMissing: boolean;
  readonly text: string;
  readonly startPosition: { readonly row: number };
  readonly children: readonly (SyntaxNode | null)[];
}
interface TreeSitter {
  readonly Parser: {
    new (): {
      setLanguage(language: unknown): void;
      parse(text: string): { readonly rootNode: SyntaxNode } | null;
    };
    init(): Promise<void>;
  };
  readonly Language: { load(path: string): Promise<unknown> };
}

export async function grammarChecks(): Promise<readonly Check[]> {
  const modules = join(packagesFolder, "node_modules");
  // A package outside the repository has no types here; the interface above says what is used.
  const { Parser, Language } = (await import(
    join(modules, "web-tree-sitter/web-tree-sitter.js")
  )) as TreeSitter;
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(
    await Language.load(join(modules, "tree-sitter-powershell/tree-sitter-powershell.wasm")),
  );
  const faultsOf = (script: string): string[] => {
    const tree = parser.parse(script);
    return tree === null ? ["nothing was parsed"] : faultsIn(tree.rootNode);
  };
  return [
    ...[...templateSamples()].map(([name, script]) => ({
      name,
      run: async () => {
        holds(throughCommandLine(script) === script, "it survives the encoding");
        const faults = faultsOf(script);
        holds(faults.length === 0, faults.join("\n"));
      },
    })),
    {
      name: "a template with a brace too few is noticed",
      run: async () => {
        const [script = ""] = templateSamples().values();
        holds(faultsOf(script.replace(/\}(?=[^}]*$)/u, "")).length > 0, "the grammar sees no fault");
        holds(faultsOf(`${script}\n'`).length > 0, "the grammar sees no open quote");
      },
    },
  ];
}

function faultsIn(node: SyntaxNode): string[] {
  if (!node.hasError) return [];
  const own =
    node.isError || node.isMissing ? [`line ${node.startPosition.row + 1}: ${node.text.slice(0, 200)}`] : [];
  return [...own, ...node.children.flatMap((child) => (child === null ? [] : faultsIn(child)))];
}
