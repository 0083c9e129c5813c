// One OpenSearch node in a process of its own, of nothing but published jars: java -cp 'jars/*' OneNode setting=value…
// With -Dstop.with.stdin=true it ends when its standard input does, so that no node outlives the tests that started it.

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.codelibs.opensearch.runner.node.OpenSearchRunnerNode;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.transport.Netty4ModulePlugin;

public final class OneNode {
    public static void main(String[] given) throws Exception {
        Map<String, String> settings = new HashMap<>();
        for (String one : given) {
            settings.put(one.substring(0, one.indexOf('=')), one.substring(one.indexOf('=') + 1));
        }
        var prepared = InternalSettingsPreparer.prepareEnvironment(
            Settings.builder().put("path.home", settings.get("path.home")).build(), settings, null, () -> settings.get("node.name"));
        var node = new OpenSearchRunnerNode(prepared, List.of(Netty4ModulePlugin.class));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (java.io.IOException fault) {
                System.err.println(fault);
            }
        }));
        node.start();
        if (Boolean.getBoolean("stop.with.stdin")) {
            while (System.in.read() >= 0) { }
            System.exit(0);
        }
        Thread.currentThread().join();
    }
}
