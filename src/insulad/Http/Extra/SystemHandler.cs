using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Linux.Kernel;
using Insula.Store;
using Insulad.Configuration;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http.Extra;

/// <summary>The daemon and its machine; with <c>?checks=true</c> also what kernel and firewall offer.</summary>
internal sealed class SystemHandler(DaemonOptions options, IObjectStore store, SystemChecks checks, TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    public async Task GetAsync(HttpContext context)
    {
        var settings = new JsonObject();
        foreach (var option in OptionTable.All)
        {
            settings[option.Name] = option.Show(options);
        }

        var answer = new JsonObject
        {
            ["kind"] = "System",
            ["apiVersion"] = "insula.dev/v1",
            ["version"] = Discovery.Version,
            ["pid"] = Environment.ProcessId,
            ["started"] = TimeConverter.Format(_started),
            ["kernel"] = KernelVersion.Current.ToString(),
            ["root"] = options.Root,
            ["run"] = options.Run,
            ["socket"] = options.SocketPath,
            ["pods"] = store.List("pods", null).Items.Count,
            ["resourceVersion"] = store.ResourceVersion.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["settings"] = settings,
        };
        if (context.Request.Query["checks"] is ["true" or "1"])
        {
            var array = new JsonArray();
            foreach (var check in await checks.RunAsync(context.RequestAborted))
            {
                array.Add((JsonNode)new JsonObject
                {
                    ["name"] = check.Name,
                    ["ok"] = check.Available,
                    ["required"] = check.Required,
                    ["detail"] = check.Detail,
                    ["disables"] = check.Disables,
                });
            }

            answer["checks"] = array;
        }

        await Responses.WriteAsync(context, 200, answer);
    }
}
