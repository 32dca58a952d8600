using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>
/// A pod with something of everything: two containers, of which one asks a registry at each start, probes, hooks, volumes of six kinds, limits, a user namespace.
/// Every start of a container leaves a mark that says which start it is; one container numbers its lines, and keeps the last number
/// where the test can read it.
/// </summary>
internal sealed class RichPod(string name, string marks, string registry)
{
    public const string Writer = "writer";

    public const string Server = "server";

    private const string FirstImage = "busybox";
    private const string OtherImage = "busybox:other";

    /// <summary>
    /// What a container's script begins with to leave its mark. The termination message's mount is the one thing in a container that bears the pod's uid and
    /// the number of the start.
    /// </summary>
    public const string Mark =
        "mark=$(sed -n 's|^.*/pods/\\([^/]*\\)/termination/\\([^ ]*\\) .*|\\1 \\2|p' /proc/self/mountinfo); echo \"$mark\" >> /marks/starts; ";

    public string Name => name;

    public string Image { get; private set; } = FirstImage;

    /// <summary>The directory of the marks, which containers have at <c>/marks</c>.</summary>
    public string Marks => marks;

    public string StartsFile => Path.Combine(marks, "starts");

    public string LastFile => Path.Combine(marks, "last");

    /// <summary>The image, of several layers, that is a volume and no container's.</summary>
    public string VolumeImage => Volume(registry);

    /// <summary>Takes the other image, for the next <see cref="Manifest"/>.</summary>
    public void ChangeImage() => Image = Image == FirstImage ? OtherImage : FirstImage;

    public static async Task LoadImagesAsync(Instance insula, string registry)
    {
        (await insula.CliAsync("load", Repository.Image("busybox"), "--name", OtherImage)).Succeeded();
        (await insula.CliAsync("pull", Pulled(registry))).Succeeded();
        (await insula.CliAsync("pull", Volume(registry))).Succeeded();
    }

    public string Manifest()
    {
        var mounts = new JsonArray(Mount("marks"), Mount("disk"), Mount("memory"), Mount("own"), Mount("layer"), Mount("layers"));
        JsonObject Container(string container, string image, string script) => new()
        {
            ["name"] = container,
            ["image"] = image,
            ["imagePullPolicy"] = "IfNotPresent",
            ["command"] = new JsonArray("sh", "-c", Mark + script),
            ["volumeMounts"] = mounts.DeepClone(),
            ["resources"] = new JsonObject { ["limits"] = new JsonObject { ["memory"] = "64Mi", ["cpu"] = "500m" } },
        };
        var writer = Container(
            Writer, Image, "trap 'exit 0' TERM; trap 'exit 88' USR1; i=0; while true; do i=$((i+1)); echo line $i; echo $i > /marks/last; usleep 20000; done");
        writer["restartPolicy"] = "Always";
        writer["restartPolicyRules"] = new JsonArray(new JsonObject
        {
            ["action"] = "RestartAllContainers",
            ["exitCodes"] = new JsonObject { ["operator"] = "In", ["values"] = new JsonArray(88) },
        });
        writer["lifecycle"] = new JsonObject { ["postStart"] = Hook(), ["preStop"] = Hook() };
        // httpd is PID 1 of its namespace and has no handler: it can only be killed.
        var server = Container(Server, Pulled(registry), "exec httpd -f -p 8080 -h /disk");
        server["imagePullPolicy"] = "Always";
        server["readinessProbe"] = Probe(8080);
        server["livenessProbe"] = Probe(8080);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["app"] = "rich" } },
            ["spec"] = new JsonObject
            {
                ["terminationGracePeriodSeconds"] = 1,
                ["hostUsers"] = false,
                ["enableServiceLinks"] = false,
                ["containers"] = new JsonArray(writer, server),
                ["volumes"] = new JsonArray(
                    new JsonObject { ["name"] = "marks", ["hostPath"] = new JsonObject { ["path"] = marks } },
                    new JsonObject { ["name"] = "disk", ["emptyDir"] = new JsonObject() },
                    new JsonObject { ["name"] = "memory", ["emptyDir"] = new JsonObject { ["medium"] = "Memory" } },
                    new JsonObject
                    {
                        ["name"] = "own",
                        ["downwardAPI"] = new JsonObject
                        {
                            ["items"] = new JsonArray(new JsonObject { ["path"] = "name", ["fieldRef"] = new JsonObject { ["fieldPath"] = "metadata.name" } }),
                        },
                    },
                    ImageVolume("layer", FirstImage),
                    ImageVolume("layers", VolumeImage)),
            },
        }.ToJsonString();
    }

    private static string Volume(string registry) => $"{registry}/intruder";

    private static string Pulled(string registry) => $"{registry}/busybox";

    private static JsonObject Hook() => new() { ["exec"] = new JsonObject { ["command"] = new JsonArray("true") } };

    private static JsonObject ImageVolume(string name, string reference) => new()
    {
        ["name"] = name,
        ["image"] = new JsonObject { ["reference"] = reference, ["pullPolicy"] = "IfNotPresent" },
    };

    private static JsonObject Mount(string volume) => new() { ["name"] = volume, ["mountPath"] = $"/{volume}" };

    private static JsonObject Probe(int port) => new()
    {
        ["tcpSocket"] = new JsonObject { ["port"] = port },
        ["periodSeconds"] = 1,
        ["failureThreshold"] = 5,
    };
}
