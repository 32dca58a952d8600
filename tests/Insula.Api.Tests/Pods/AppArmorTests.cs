using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class AppArmorTests
{
    private const string Key = "container.apparmor.security.beta.kubernetes.io/";

    [Theory]
    [InlineData("{type: Localhost}", "localhostProfile: Required value: must be set when AppArmor type is Localhost")]
    [InlineData("{type: Localhost, localhostProfile: ''}", "localhostProfile: Required value: must be set when AppArmor type is Localhost")]
    [InlineData("{type: Localhost, localhostProfile: ' x'}", "localhostProfile: Invalid value: \" x\": must not be padded with whitespace")]
    [InlineData("{type: RuntimeDefault, localhostProfile: x}", "localhostProfile: Invalid value: \"x\": can only be set when AppArmor type is Localhost")]
    [InlineData("{type: Unconfined, localhostProfile: ''}", "localhostProfile: Invalid value: \"\": can only be set when AppArmor type is Localhost")]
    [InlineData("{type: Localhost, localhostProfile: \"a\\nb\"}", "localhostProfile: Invalid value: \"a\\nb\": must not contain control characters")]
    public void What_is_wrong_with_a_profile(string profile, string error)
    {
        var pod = PodValidationTests.Pod($"{{securityContext: {{appArmorProfile: {profile}}}, containers: [{{name: a, image: 'b:1', securityContext: {{appArmorProfile: {profile}}}}}]}}");
        Assert.Equal(
            ["spec.containers[0].securityContext.appArmorProfile." + error, "spec.securityContext.appArmorProfile." + error],
            PodValidation.Validate(PodDefaults.Apply(pod)).Select(e => e.ToString()));
    }

    [Fact]
    public void A_name_has_an_end()
    {
        Assert.Empty(Errors(Pod("a", null, new AppArmorProfile { Type = "Localhost", LocalhostProfile = new('x', 4095) })));
        Assert.Contains("may not be more than 4095", Assert.Single(Errors(Pod("a", null, new AppArmorProfile { Type = "Localhost", LocalhostProfile = new('x', 4096) }))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unconfined", "Unconfined", null)]
    [InlineData("runtime/default", "RuntimeDefault", null)]
    [InlineData("localhost/a/b", "Localhost", "a/b")]
    public void An_annotation_becomes_the_field(string annotation, string type, string? name)
    {
        var document = ApiJson.ToJson(Pod("a", annotation, null));
        Assert.Equal([$"metadata.annotations[{Key}a]: deprecated since v1.30; use the \"appArmorProfile\" field instead"], AppArmorAnnotations.ToFields(document));
        var pod = ApiJson.Read<Pod>(document);
        Assert.Equal(new AppArmorProfile { Type = type, LocalhostProfile = name }, pod.Spec.Containers[0].SecurityContext!.AppArmorProfile);
        Assert.Empty(Errors(pod));
    }

    [Fact]
    public void A_field_that_is_there_stays()
    {
        var document = ApiJson.ToJson(Pod("a", "unconfined", new AppArmorProfile { Type = "RuntimeDefault" }));
        Assert.Empty(AppArmorAnnotations.ToFields(document));
        Assert.Equal(
            ["spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match"],
            Errors(ApiJson.Read<Pod>(document)));
        Assert.Equal(
            ["spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match"],
            Errors(Pod("a", "localhost/x", new AppArmorProfile { Type = "Localhost", LocalhostProfile = "y" })));
    }

    [Fact]
    public void What_the_pod_has_anyway_is_not_copied()
    {
        var document = ApiJson.ToJson(Pod("a", "runtime/default", null));
        document["spec"]!["securityContext"] = JsonNode.Parse("""{"appArmorProfile": {"type": "RuntimeDefault"}}""");
        Assert.Empty(AppArmorAnnotations.ToFields(document));
        Assert.Null(document["spec"]!["containers"]![0]!["securityContext"]);
    }

    [Theory]
    [InlineData("a", "localhost/", null)]
    [InlineData("a", "localhost/ x", null)]
    [InlineData("a", "", null)]
    [InlineData("a", "Unconfined", "Invalid value: \"Unconfined\": invalid AppArmor profile name: \"Unconfined\"")]
    [InlineData("a", "docker/default", "Invalid value: \"docker/default\": invalid AppArmor profile name: \"docker/default\"")]
    [InlineData("other", "unconfined", "Invalid value: \"other\": container not found")]
    public void Other_annotations_never_become_a_field(string container, string annotation, string? error)
    {
        var document = ApiJson.ToJson(Pod(container, annotation, null));
        Assert.Equal(container == "a" ? 1 : 0, AppArmorAnnotations.ToFields(document).Count);
        var pod = ApiJson.Read<Pod>(document);
        Assert.Null(pod.Spec.Containers[0].SecurityContext?.AppArmorProfile);
        Assert.Equal(error is null ? [] : [$"metadata.annotations[{Key}{container}]: {error}"], Errors(pod));
    }

    [Fact]
    public void Annotations_of_a_pod_that_exists_stay()
    {
        var (without, with, other) = (Pod("a", null, null), Pod("a", "unconfined", null), Pod("a", "runtime/default", null));
        Assert.Empty(PodUpdate.Validate(with, with));
        Assert.Equal(Refusal("may not add AppArmor annotations"), Update(without, with));
        Assert.Equal(Refusal("may not remove or update AppArmor annotations"), Update(with, without));
        Assert.Equal(Refusal("may not remove or update AppArmor annotations"), Update(with, other));

        static string[] Refusal(string why) => [$"metadata.annotations[{Key}a]: Forbidden: {why}"];
        static IEnumerable<string> Update(Pod before, Pod after) => PodUpdate.Validate(before, after).Select(e => e.ToString());
    }

    private static Pod Pod(string container, string? annotation, AppArmorProfile? field)
    {
        var pod = PodValidationTests.Pod("{containers: [{name: a, image: 'b:1'}]}");
        return PodDefaults.Apply(pod with
        {
            Metadata = pod.Metadata with { Annotations = annotation is null ? pod.Metadata.Annotations : new Dictionary<string, string> { [Key + container] = annotation } },
            Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { SecurityContext = field is null ? null : new SecurityContext { AppArmorProfile = field } }] },
        });
    }

    private static IEnumerable<string> Errors(Pod pod) => PodValidation.Validate(pod).Select(e => e.ToString());
}
