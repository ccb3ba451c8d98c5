/** The query as a script for PowerShell: Get-CimInstance, and one line of JSON for each row. */
import { asciiJson, prologue, textExpression } from "@mcp-gateway/shell-core/powershell";
import type { Query } from "./query.ts";

/** Embedded objects are rare, and deeper ones rarer. */
const embeddedDepth = 3;

/** 64-bit numbers become strings, as WMI's scripting interface has them: JSON's readers would round them. */
export function powerShellQuery(query: Query, mark: string): string {
  const seconds = Math.ceil(query.timeoutMs / 1_000);
  return `${prologue(mark)}$McpGatewayNamespace = ${textExpression(query.namespace)}
$McpGatewayQuery = ${textExpression(query.wql)}
$McpGatewayInvariant = [Globalization.CultureInfo]::InvariantCulture
function ConvertTo-McpGatewayValue($Value, [int]$Depth) {
  if ($null -eq $Value) { return $null }
  if ($Value -is [datetime]) { return $Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ', $McpGatewayInvariant) }
  if ($Value -is [timespan]) { return $Value.ToString() }
  if (($Value -is [uint64]) -or ($Value -is [int64])) { return $Value.ToString($McpGatewayInvariant) }
  if ($Value -is [char]) { return [int]$Value }
  if ($Value -is [array]) {
    $List = @(foreach ($Item in $Value) { ConvertTo-McpGatewayValue $Item $Depth })
    return , $List
  }
  if ($null -eq $Value.CimInstanceProperties) { return $Value }
  if ($Depth -le 0) { return [string]$Value }
  $Row = New-Object System.Collections.Specialized.OrderedDictionary
  foreach ($Property in $Value.CimInstanceProperties) {
    $Row[$Property.Name] = ConvertTo-McpGatewayValue $Property.Value ($Depth - 1)
  }
  return $Row
}
try {
  Get-CimInstance -Namespace $McpGatewayNamespace -Query $McpGatewayQuery -OperationTimeoutSec ${seconds} -ErrorAction Stop |
    Select-Object -First ${query.limit + 1} | ForEach-Object {
      $McpGatewayRow = ConvertTo-McpGatewayValue $_ ${embeddedDepth}
      $McpGatewayJson = ConvertTo-Json -InputObject $McpGatewayRow -Depth ${2 * embeddedDepth} -Compress
      [Console]::Out.WriteLine('${mark} row ' + ${asciiJson("$McpGatewayJson")})
    }
  [Console]::Out.WriteLine('${mark} end')
} catch {
  $McpGatewayFault = New-Object System.Collections.Specialized.OrderedDictionary
  $McpGatewayFault['message'] = [string]$_.Exception.Message
  $McpGatewayFault['messageId'] = [string]$_.Exception.MessageId
  $McpGatewayFault['native'] = [string]$_.Exception.NativeErrorCode
  $McpGatewayFault['number'] = [int]$_.Exception.HResult
  $McpGatewayJson = ConvertTo-Json -InputObject $McpGatewayFault -Compress
  [Console]::Out.WriteLine('${mark} fault ' + ${asciiJson("$McpGatewayJson")})
  exit 1
}
`;
}
