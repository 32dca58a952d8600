using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Ingresses;
using Insula.Ingresses.Configuration;
using Insula.Ingresses.Model;
using Insula.Ingresses.Runtime;

namespace Insula.Ingresses.Tests;

public sealed class RuntimeTests
{
    private const string Heading = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n";

    [Fact]
    public void What_HAProxy_says_is_read()
    {
        var state = ProxyState.Read(
        [
            "Name: HAProxy\nVersion: 2.6.12\nPid: 24\ndescription: 0123\nStopping: 0\n",
            Heading + Line("default:web:80", 1, "10.1.0.1", 4, 8080) + Line("default:web:80", 2, "0.0.0.0", 5, 1) + Line("default:web:80", 3, "fd83::1", 8, 80) + Line("default:web:80", 9, "10.1.0.9", 4, 80).Replace("s9", "s9;shutdown", StringComparison.Ordinal) + "nonsense\n4 x\n",
            "0x7f025403b380 ready 1\n",
        ]);
        Assert.NotNull(state);
        Assert.Equal(("0123", "24", true), (state.Digest, state.Worker, state.Ready));
        Assert.Equal(["s1 10.1.0.1:8080 True", "s2 0.0.0.0:1 False", "s3 [fd83::1]:80 False"], state.Slots.Select(s => $"{s.Name} {s.Address} {s.InUse}"));
        Assert.Null(ProxyState.Read(["", "", ""]));
        Assert.Null(ProxyState.Read(["Name: HAProxy\n"]));
        Assert.False(ProxyState.Read(["Name: HAProxy\n", "", ""])!.Ready);
    }

    [Fact]
    public void Answers_are_taken_apart()
    {
        Assert.Equal(["", "a\nb\n", "", "c\n"], ProxyAnswers.Split("\na\nb\n\n\nc\n\n", 4));
        Assert.Null(ProxyAnswers.Split("\na\nb\n\n", 3));
        Assert.Null(ProxyAnswers.Split("unfinished", 1));
        Assert.Empty(ProxyAnswers.Split("", 0)!);
    }

    [Fact]
    public void Any_answer_can_be_read()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), answers =>
        {
            _ = ProxyState.Read([.. answers.Select(a => a ?? "").Take(3)]);
            _ = ProxyState.Read(["Name: HAProxy\n" + string.Concat(answers), string.Join(' ', answers), string.Join('\n', answers)]);
            _ = ProxyAnswers.Split(string.Join('\n', answers), answers.Length);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Who_comes_has_its_place_before_others_go()
    {
        var slots = Slots4("10.1.0.1", "10.1.0.2", null, null);
        Assert.Equal(
            ["set server b/s3 addr 10.1.0.3 port 80", "set server b/s3 state ready", "set server b/s1 state maint"],
            SlotPlan.Commands([Backend("10.1.0.2", "10.1.0.3")], slots));

        // Unless there is none: then theirs.
        Assert.Equal(
            ["set server b/s1 state maint", "set server b/s1 addr 10.1.0.5 port 80", "set server b/s1 state ready"],
            SlotPlan.Commands([Backend("10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5")], Slots4("10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4")));
        Assert.Empty(SlotPlan.Commands([Backend("10.1.0.1", "10.1.0.2")], slots));
        Assert.Empty(SlotPlan.Commands([Backend()], []));
    }

    /// <summary>From any state, after the commands each pod has one place, and as long as there was one who stays or a free place, at no moment none serves.</summary>
    [Fact]
    public void The_commands_lead_to_the_pods_there_are()
    {
        var address = Gen.Choose(0, 6);
        var given = Gen.Two(address.ArrayOf(8)).SelectMany(two => Gen.Choose(0, 5).Select(count => (Present: two.Item1, Wanted: two.Item2.Take(count).Where(w => w > 0).Distinct().ToArray())));
        Prop.ForAll(Arb.From(given), world =>
        {
            var slots = world.Present.Select((a, i) => new ServerSlot("b", $"s{i + 1}", new IPEndPoint(IPAddress.Parse(a == 0 ? "0.0.0.0" : $"10.1.0.{a}"), a == 0 ? 1 : 80), a % 2 == 1)).ToList();
            var backend = Backend([.. world.Wanted.Select(w => $"10.1.0.{w}")]);
            var least = slots.Count(s => s.InUse);
            var starting = slots.Any(s => s.InUse) && backend.Endpoints.Count > 0;
            var freely = slots.Any(s => !s.InUse);
            foreach (var command in SlotPlan.Commands([backend], slots))
            {
                Apply(slots, command);
                Assert.True(!starting || !freely || slots.Any(s => s.InUse), command);
            }

            Assert.Equal(backend.Endpoints.Select(e => e.ToString()).Order(), slots.Where(s => s.InUse).Select(s => s.Address!.ToString()).Order());
            Assert.Empty(SlotPlan.Commands([backend], slots));
            _ = least;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0, 0, 4)]
    [InlineData(2, 0, 4)]
    [InlineData(3, 0, 8)]
    [InlineData(3, 4, 4)]
    [InlineData(4, 4, 4)]
    [InlineData(5, 4, 16)]
    [InlineData(1, 16, 16)]
    [InlineData(0, 64, 4)]
    public void There_is_room_for_a_rolling_update(int pods, int present, int expected) => Assert.Equal(expected, Slots.For(pods, present));

    private static void Apply(List<ServerSlot> slots, string command)
    {
        var words = command.Split(' ');
        var at = slots.FindIndex(s => $"{s.Backend}/{s.Name}" == words[2]);
        slots[at] = words switch
        {
            [_, _, _, "state", "ready"] => slots[at] with { InUse = true },
            [_, _, _, "state", "maint"] => slots[at] with { InUse = false },
            [_, _, _, "addr", var a, "port", var p] => slots[at] with { Address = new IPEndPoint(IPAddress.Parse(a), int.Parse(p, System.Globalization.CultureInfo.InvariantCulture)) },
            _ => throw new FormatException(command),
        };
    }

    private static List<ServerSlot> Slots4(params string?[] addresses) =>
        [.. addresses.Select((a, i) => new ServerSlot("b", $"s{i + 1}", new IPEndPoint(IPAddress.Parse(a ?? "0.0.0.0"), a is null ? 1 : 80), a is not null))];

    private static Backend Backend(params string[] pods) => new()
    {
        Name = "b",
        Settings = new IngressSettings(),
        Protocol = BackendProtocol.Http,
        Sticky = false,
        Endpoints = [.. pods.Select(p => new IPEndPoint(IPAddress.Parse(p), 80))],
    };

    private static string Line(string backend, int number, string address, int state, int port) =>
        $"4 {backend} {number} s{number} {address} 2 {state} 1 1 5 1 0 0 8 0 0 0 - {port} - 0 0 - - 0\n";
}
