using System.Text.Json.Nodes;
using Insula.Api.Workloads;

namespace Insula.Api.Tests.Workloads;

public sealed class ControllerRevisionValidationTests
{
    private static readonly ControllerRevision s_good = new() { Metadata = new() { Name = "db-1", Namespace = "default" }, Data = RevisionData.Of(new JsonObject { ["spec"] = new JsonObject() }), Revision = 1 };

    [Fact]
    public void Data_must_be_there_and_numbers_begin_with_none()
    {
        Assert.Empty(ControllerRevisionValidation.Validate(s_good));
        Assert.Equal(["data: Required value: data is mandatory", "revision: Invalid value: -1: must be greater than or equal to 0"],
            ControllerRevisionValidation.Validate(s_good with { Data = null, Revision = -1 }).Select(e => e.ToString()));
    }

    [Fact]
    public void Data_cannot_be_changed_and_the_number_can()
    {
        Assert.Empty(ControllerRevisionValidation.ValidateUpdate(s_good, s_good with { Data = s_good.Data!.DeepClone(), Revision = 2 }));
        Assert.Equal("data: Forbidden: field is immutable", Assert.Single(ControllerRevisionValidation.ValidateUpdate(s_good, s_good with { Data = JsonValue.Create("x") })).ToString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"spec":"x"}""")]
    [InlineData("""{"spec":{"template":[]}}""")]
    public void What_others_write_has_no_template(string data) => Assert.Null(RevisionData.Template(JsonNode.Parse(data)));
}
