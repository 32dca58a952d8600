using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Manifests;

public sealed class ManifestProperties
{
    private const string Good = """
        apiVersion: v1
        kind: Pod
        metadata: &m {name: web, labels: {a: b}, annotations: {x: "y"}}
        spec:
          containers:
          - name: a
            image: busybox:1
            command: ["sh", '-c', "true"]
            args:
            - |
              many
              lines
            ports: [{containerPort: 80, name: http}]
            resources: {limits: {cpu: 500m, memory: 64Mi}}
            livenessProbe: {httpGet: {port: http}}
            volumeMounts: [{name: v, mountPath: /v}]
          volumes: [{name: v, emptyDir: {}}]
        """;

    private static readonly string[] _tokens =
    [
        "a", ":", " ", "\n", "- ", "{", "}", "[", "]", ",", "&a ", "*a", "<<", "|", ">", "'", "\"", "#", "---\n", "...\n", "!", "!!str ", "%", "@", "`", "?", "\t",
        "0x", "1", "~", "\\", "\u0000", "\uFEFF", "\u2028", "é", "\ud800", "kind: Pod\n", "apiVersion: v1\n", "spec: ", "containers: ", "metadata: ", "name: ", "%YAML 1.2\n", "\r",
    ];

    [Fact]
    public void Random_tokens_never_make_the_reader_throw() =>
        Prop.ForAll(Gen.Elements(_tokens).ArrayOf().Select(string.Concat).ToArbitrary(), Survives).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(60));

    [Fact]
    public void Random_bytes_never_make_the_reader_throw() =>
        Prop.ForAll(Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().ToArbitrary(), bytes =>
        {
            _ = Manifest.Parse(bytes).Problems().ToList();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_good_manifest_with_a_piece_changed_never_makes_the_reader_throw()
    {
        var edits = from at in Gen.Choose(0, Good.Length - 1)
                    from length in Gen.Choose(0, 5)
                    from token in Gen.Elements(_tokens)
                    select string.Concat(Good.AsSpan(0, at), token, Good.AsSpan(Math.Min(Good.Length, at + length)));
        Prop.ForAll(edits.ToArbitrary(), Survives).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private static void Survives(string text)
    {
        var file = Manifest.Parse(text);
        _ = file.Problems().ToList();
        foreach (var document in file.Documents.Where(d => d.Errors.Count == 0 && d.Kind!.Kind == "Pod"))
        {
            // What the decoder lets through is a Pod: typed reading, defaults and validation may not throw either.
            var pod = ApiJson.Read<Pod>(PodDefaults.Apply(document.Object));
            _ = PodValidation.Validate(pod);
            Assert.Equal(ApiJson.ToText(pod), ApiJson.ToText(ApiJson.Read<Pod>(Encoding.UTF8.GetBytes(ApiJson.ToText(pod)))));
        }
    }
}
