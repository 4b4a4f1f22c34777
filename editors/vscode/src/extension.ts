import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("kmsVerifier.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("kmsVerifier")) {
        void restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  const running = client;
  client = undefined;
  if (running?.isRunning()) {
    await running.stop();
  }
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

async function start(): Promise<void> {
  const settings = vscode.workspace.getConfiguration("kmsVerifier");
  const command = settings.get<string>("command", "verifier");
  const server: ServerOptions = { command, args: ["lsp", "--seconds", String(settings.get<number>("seconds", 20))] };
  const languages = ["kms-invariants", "json", "jsonc", "yaml", "toml", "cloudformation"];
  const options: LanguageClientOptions = {
    documentSelector: [
      ...languages.map((language) => ({ scheme: "file", language })),
      { scheme: "file", pattern: "**/{verifier,pyproject}.toml" },
    ],
  };
  client = new LanguageClient("kmsVerifier", "KMS verifier", server, options);
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    await explain(command, error);
  }
}

/** What to do where the server does not start: it is not installed, or without its extra. */
async function explain(command: string, error: unknown): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  const chosen = await vscode.window.showErrorMessage(
    `KMS verifier: \`${command} lsp\` did not start (${why}). Install it with: pip install 'kms-verifier[lsp]'`,
    "Settings",
  );
  if (chosen === "Settings") {
    await vscode.commands.executeCommand("workbench.action.openSettings", "kmsVerifier");
  }
}
