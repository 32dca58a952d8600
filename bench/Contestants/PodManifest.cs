using System.Text.Json.Nodes;

namespace Insula.Bench.Contestants;

/// <summary>A pod that everybody runs: in JSON, which is YAML, too.</summary>
/// <param name="Name">Its name.</param>
internal sealed record PodManifest(string Name)
{
    /// <summary>The image: busybox and <c>guest</c>.</summary>
    public const string Bench = "bench";

    /// <summary>What does nothing and ends at once when asked to.</summary>
    public static readonly IReadOnlyList<string> Idle = Shell("trap 'exit 0' TERM; sleep 1000000 & wait");

    /// <summary>The same, which tells of its start by a line in a file, when it would hear a signal.</summary>
    public static readonly IReadOnlyList<string> Telling = Shell("trap 'exit 0' TERM; echo >> /told/starts; sleep 1000000 & wait");

    /// <summary>The image of its containers.</summary>
    public string Image { get; init; } = Bench;

    /// <summary>What its containers run, each by its number.</summary>
    public Func<int, IReadOnlyList<string>> Command { get; init; } = _ => Idle;

    /// <summary>How many containers it has.</summary>
    public int Containers { get; init; } = 1;

    /// <summary>Whether they are limited to half a processor and 64 MiB.</summary>
    public bool Limited { get; init; } = true;

    /// <summary>Whether they run once.</summary>
    public bool Once { get; init; }

    /// <summary>A directory of the host that they have at /told: what is written there, nobody stands between.</summary>
    public string? Told { get; init; }

    /// <summary>Their liveness and readiness probes, each by the container's number and 0 or 1; null for none.</summary>
    public Func<int, int, JsonObject?>? Probes { get; init; }

    /// <summary>The words that have a shell run a script.</summary>
    public static IReadOnlyList<string> Shell(string script) => ["sh", "-c", script];

    /// <summary>The manifest.</summary>
    public override string ToString() => new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = Name },
        ["spec"] = new JsonObject
        {
            ["restartPolicy"] = Once ? "Never" : "Always",
            ["terminationGracePeriodSeconds"] = 5,
            ["containers"] = new JsonArray([.. Enumerable.Range(0, Containers).Select(Container)]),
            ["volumes"] = Told is null
                ? new JsonArray()
                : new JsonArray(new JsonObject { ["name"] = "told", ["hostPath"] = new JsonObject { ["path"] = Told } }),
        },
    }.ToJsonString();

    private JsonNode Container(int number)
    {
        var container = new JsonObject
        {
            ["name"] = number == 0 ? "main" : $"main-{number}",
            ["image"] = Image,
            ["imagePullPolicy"] = "IfNotPresent",
            ["command"] = new JsonArray([.. Command(number).Select(word => (JsonNode)word)]),
        };
        if (Limited)
        {
            // Requests that do not follow from the limits: hundreds of pods are to fit on a machine of two processors.
            container["resources"] = new JsonObject
            {
                ["limits"] = new JsonObject { ["cpu"] = "500m", ["memory"] = "64Mi" },
                ["requests"] = new JsonObject { ["cpu"] = "1m", ["memory"] = "1Mi" },
            };
        }

        if (Told is not null)
        {
            container["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "told", ["mountPath"] = "/told" });
        }

        if (Probes is not null)
        {
            foreach (var (which, field) in ((int, string)[])[(0, "livenessProbe"), (1, "readinessProbe")])
            {
                if (Probes(number, which) is { } probe)
                {
                    container[field] = probe;
                }
            }
        }

        return container;
    }
}
